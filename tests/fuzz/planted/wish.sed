# host/engine/engine.c: an agent may say for whom it wishes
/(void \*)wish)->origin.slot = slot;/s/= slot;/|= slot;/
