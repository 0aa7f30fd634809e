// SPDX-License-Identifier: Apache-2.0
// check.js FOLDER STEPS NAME...: ONNX Runtime answers NAME.onnx on NAME.x as NAME.y has it, to 1e-5 of 1 + its size.
// check.js FOLDER last STEPS WINDOWS NAME...: NAME.x is so many windows of STEPS rows, NAME.y the answer to each: that of the
// last row alone, and of rows that are not all alike.
"use strict";
const fs = require("fs");
const ort = require("onnxruntime-node");

const floats = (path) => {
    const bytes = fs.readFileSync(path);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
};

async function judge(folder, steps, windows, name) {
    const x = floats(`${folder}/${name}.x`);
    const expected = floats(`${folder}/${name}.y`);
    const session = await ort.InferenceSession.create(`${folder}/${name}.onnx`);
    const isLast = windows > 0;
    const many = isLast ? windows : 1;
    const y = [];
    for (let i = 0; i < many; i++) {
        const part = x.slice((i * x.length) / many, ((i + 1) * x.length) / many);
        const out = await session.run({ x: new ort.Tensor("float32", part, [steps, part.length / steps]) });
        if (out.y.dims[0] !== steps) throw new Error(`${name}: ${out.y.dims[0]} rows`);
        y.push(...(isLast ? out.y.data.slice(-out.y.dims[1]) : out.y.data));
    }
    let far = 0;
    let size = 0;
    let apart = 0;
    if (y.length !== expected.length) throw new Error(`${name}: ${y.length} answers`);
    for (let i = 0; i < y.length; i++) {
        const off = Math.abs(y[i] - expected[i]) / (1 + Math.abs(expected[i]));
        if (!(off <= far)) far = off; // a NaN too
        size = Math.max(size, Math.abs(expected[i]));
        apart = Math.max(apart, Math.abs(expected[i] - expected[i % (y.length / many)]));
    }
    const good = far <= 1e-5 && size > 0.05 && (!isLast || apart > 0.05);
    console.log(`${good ? "near" : "FAR "} ${name}: ${far.toExponential(2)} from ONNX Runtime ${ort.env.versions ? ort.env.versions.node : ""}, at most 1e-5; answers up to ${size.toFixed(3)}`);
    return good;
}

(async () => {
    let good = true;
    const isLast = process.argv[3] === "last";
    const [steps, windows] = isLast ? process.argv.slice(4, 6).map(Number) : [Number(process.argv[3]), 0];
    for (const name of process.argv.slice(isLast ? 6 : 4)) good = (await judge(process.argv[2], steps, windows, name)) && good;
    process.exit(good ? 0 : 1);
})();
