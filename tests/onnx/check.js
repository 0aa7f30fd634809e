// SPDX-License-Identifier: Apache-2.0
// check.js FOLDER STEPS NAME...: ONNX Runtime answers NAME.onnx on NAME.x as NAME.y has it, to 1e-5 of 1 + its size.
"use strict";
const fs = require("fs");
const ort = require("onnxruntime-node");

const floats = (path) => {
    const bytes = fs.readFileSync(path);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
};

async function judge(folder, steps, name) {
    const x = floats(`${folder}/${name}.x`);
    const expected = floats(`${folder}/${name}.y`);
    const session = await ort.InferenceSession.create(`${folder}/${name}.onnx`);
    const out = await session.run({ x: new ort.Tensor("float32", x, [steps, x.length / steps]) });
    const y = out.y.data;
    let far = 0;
    let size = 0;
    if (y.length !== expected.length || out.y.dims[0] !== steps) throw new Error(`${name}: ${y.length} answers`);
    for (let i = 0; i < y.length; i++) {
        const off = Math.abs(y[i] - expected[i]) / (1 + Math.abs(expected[i]));
        if (!(off <= far)) far = off; // a NaN too
        size = Math.max(size, Math.abs(expected[i]));
    }
    const good = far <= 1e-5 && size > 0.05;
    console.log(`${good ? "near" : "FAR "} ${name}: ${far.toExponential(2)} from ONNX Runtime ${ort.env.versions ? ort.env.versions.node : ""}, at most 1e-5; answers up to ${size.toFixed(3)}`);
    return good;
}

(async () => {
    let good = true;
    for (const name of process.argv.slice(4)) good = (await judge(process.argv[2], Number(process.argv[3]), name)) && good;
    process.exit(good ? 0 : 1);
})();
