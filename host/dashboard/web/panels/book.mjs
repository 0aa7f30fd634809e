// SPDX-License-Identifier: Apache-2.0
// Books and marks of instruments: the market's page draws them, and candles everywhere go on with the marks.
export default { keys: ['marks', 'book/'] };
