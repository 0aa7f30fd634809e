// SPDX-License-Identifier: Apache-2.0
/* oracle: torch trains the same models from the same weights on the same batches, dropout off, and
 * comes to the same answers, gradients and weights: in double within 1e-8 after 200 steps of Adam,
 * in float within 1e-3 after 50.
 *
 *     torch_oracle lstm|lstm-head|tcn|transformer|ppo...
 */
#include <torch/torch.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "oracle.hpp"

struct Case {
    const char *name;
    ours_shape shape;
};

static const Case cases[] = {
    {"lstm", {"lstm/1", 5, 3, 24, 3, 0, 0, 0, 0, 0, 30, 8}},
    {"lstm-head", {"lstm/2", 5, 3, 24, 3, 16, 0, 0, 0, 0, 30, 8}},
    {"tcn", {"tcn/1", 5, 3, 24, 4, 0, 3, 0, 0, 0, 40, 8}},
    {"transformer", {"transformer/1", 5, 3, 24, 2, 0, 0, 4, 9, 40, 40, 8}},
};

struct Model {
    const ours_shape &shape;
    torch::ScalarType type;
    std::vector<std::string> names;
    std::map<std::string, Tensor> of; // leaves, in our layout

    Tensor operator()(const std::string &name) const
    {
        return of.at(name);
    }

    Tensor dense(const Tensor &x, const std::string &name) const
    {
        return at::addmm(of.at(name + ".b"), x.reshape({-1, x.size(-1)}), of.at(name + ".w"))
            .reshape({x.size(0), x.size(1), -1});
    }

    Tensor norm(const Tensor &x, const std::string &gain, const std::string &bias) const
    {
        return at::layer_norm(x, {x.size(-1)}, of.at(gain), of.at(bias), 1e-5);
    }

    /* x[steps][batch][inputs] by torch's own LSTM, whose second bias is none of ours. */
    Tensor lstm(const Tensor &x) const
    {
        std::vector<Tensor> params;
        Tensor zero = torch::zeros({shape.layers, shape.batch, shape.hidden}, type);

        for (uint32_t i = 0; i < shape.layers; i++) {
            std::string name = "lstm." + std::to_string(i);

            params.push_back(of.at(name + ".w_x").t());
            params.push_back(of.at(name + ".w_h").t());
            params.push_back(of.at(name + ".b"));
            params.push_back(torch::zeros({4 * shape.hidden}, type));
        }

        Tensor y = std::get<0>(
            at::lstm(x, {zero, zero}, params, true, shape.layers, 0.0, false, false, false));

        return dense(shape.head > 0 ? at::relu(dense(y, "fc")) : y, "dense");
    }

    /* x[batch][steps][inputs] by torch's convolution. */
    Tensor tcn(const Tensor &in) const
    {
        Tensor x = dense(in, "embed");

        for (uint32_t i = 0; i < shape.layers; i++) {
            std::string name = "tcn." + std::to_string(i);
            int64_t dilation = int64_t(1) << i;
            Tensor a = norm(x, name + ".gain", name + ".bias").transpose(1, 2);
            // Its last tap is the newest, ours the first.
            Tensor w = of.at(name + ".conv.w").permute({2, 1, 0}).flip({2});

            a = at::constant_pad_nd(a, {(shape.taps - 1) * dilation, 0});
            a = at::conv1d(a, w, of.at(name + ".conv.b"), at::IntArrayRef({1}),
                           at::IntArrayRef({0}), at::IntArrayRef({dilation}))
                    .transpose(1, 2);
            x = x + dense(at::gelu(a, "tanh"), name + ".mix");
        }
        return dense(norm(x, "head.gain", "head.bias"), "dense");
    }

    /* x[batch][steps][inputs]: attention over all pairs of steps, of which only those of the band
     * count. */
    Tensor transformer(const Tensor &in) const
    {
        int64_t batch = in.size(0), steps = in.size(1), heads = shape.heads;
        Tensor x = dense(in, "embed");
        Tensor time = torch::arange(steps);
        Tensor back = time.unsqueeze(1) - time.unsqueeze(0); // of query t and key s: t - s
        Tensor out_of_band = (back < 0).logical_or(back >= int64_t(shape.span));
        Tensor entry = (int64_t(shape.span) - 1 - back).clamp(0, int64_t(shape.span) - 1);

        for (uint32_t i = 0; i < shape.layers; i++) {
            std::string name = "block." + std::to_string(i);
            auto parts =
                dense(norm(x, name + ".gain1", name + ".bias1"), name + ".qkv").chunk(3, 2);
            auto by_head = [&](const Tensor &a) {
                return a.reshape({batch, steps, heads, -1}).transpose(1, 2);
            };
            Tensor q = by_head(parts[0]), k = by_head(parts[1]), v = by_head(parts[2]);
            Tensor near = of.at(name + ".near")
                              .index_select(1, entry.flatten())
                              .reshape({heads, steps, steps});
            Tensor scores = at::matmul(q, k.transpose(2, 3)) / std::sqrt(double(q.size(3))) + near;
            Tensor p = at::softmax(scores.masked_fill(out_of_band, -INFINITY), 3);
            Tensor mixed = at::matmul(p, v).transpose(1, 2).reshape({batch, steps, -1});

            x = x + dense(mixed, name + ".out");
            x = x + dense(at::gelu(dense(norm(x, name + ".gain2", name + ".bias2"), name + ".up"),
                                   "tanh"),
                          name + ".down");
        }
        return dense(norm(x, "head.gain", "head.bias"), "dense");
    }

    Tensor forward(const Tensor &x) const
    {
        if (std::strncmp(shape.arch, "lstm/", 5) == 0)
            return lstm(x);
        return std::strcmp(shape.arch, "tcn/1") == 0 ? tcn(x) : transformer(x);
    }
};

static bool compare(const Case &of, const ours_table &ours, torch::ScalarType type)
{
    const ours_shape &shape = of.shape;
    bool is_double = type == torch::kDouble;
    const char *type_name = is_double ? "double" : "float";
    int trained = is_double ? 200 : 50;
    double bound = is_double ? 1e-8 : 1e-3;
    void *training = ours.begin(&shape, 1e-3);
    ours_tensor tensors[OURS_TENSORS];

    if (training == nullptr) {
        std::printf("FAR    %s, %s: no such model\n", of.name, type_name);
        return false;
    }

    uint32_t n_tensors = ours.tensors(training, tensors);
    size_t rows = size_t(shape.steps) * shape.batch;
    std::vector<double> weights(ours.n_weights(training)), gradient(weights.size());
    std::vector<double> y(rows * shape.outputs), x(rows * shape.inputs), target(y.size());
    bool is_by_step = ours.is_by_step(training) != 0;
    int64_t outer = is_by_step ? shape.steps : shape.batch;
    int64_t inner = is_by_step ? shape.batch : shape.steps;
    Model model{shape, type, {}, {}};
    std::vector<Tensor> leaves;
    bool is_good = true;

    ours.read(training, weights.data(), gradient.data(), y.data());
    for (uint32_t i = 0; i < n_tensors; i++) {
        std::vector<int64_t> dims(tensors[i].dims, tensors[i].dims + tensors[i].n_dims);
        Tensor leaf = tensor_of(weights, dims, type, tensors[i].at).requires_grad_(true);

        model.of[tensors[i].name] = leaf;
        leaves.push_back(leaf);
    }
    torch::optim::Adam adam(leaves, torch::optim::AdamOptions(1e-3));

    for (int step = 0; step < trained; step++) {
        for (size_t i = 0; i < x.size(); i++)
            x[i] = ours.rounded(2 * drawn(uint64_t(step) << 32 | i));
        for (size_t i = 0; i < target.size(); i++)
            target[i] = ours.rounded(drawn(uint64_t(step) << 32 | 1u << 31 | i));
        ours.step(training, x.data(), target.data());

        Tensor answer = model.forward(tensor_of(x, {outer, inner, shape.inputs}, type));

        adam.zero_grad();
        at::mse_loss(answer, tensor_of(target, {outer, inner, shape.outputs}, type)).backward();
        if (step == 0) {
            double far = 0;
            std::vector<double> before(weights.size());

            ours.read(training, before.data(), gradient.data(), y.data());
            for (uint32_t i = 0; i < n_tensors; i++)
                far = std::fmax(far, distance(leaves[i].grad(), gradient, tensors[i].at));
            is_good &= judge("answers", distance(answer, y, 0), bound, of.name, type_name);
            is_good &= judge("gradient", far, bound, of.name, type_name);
        }
        adam.step();
    }
    ours.read(training, weights.data(), gradient.data(), y.data());

    double far = 0;
    double moved = 0;

    for (uint32_t i = 0; i < n_tensors; i++)
        far = std::fmax(far, distance(leaves[i], weights, tensors[i].at));
    ours.end(training);

    // That they learned at all, and did not merely stay where both began.
    void *fresh = ours.begin(&shape, 1e-3);

    if (fresh != nullptr) {
        std::vector<double> began(weights.size());

        ours.read(fresh, began.data(), gradient.data(), y.data());
        for (size_t i = 0; i < weights.size(); i++)
            moved = std::fmax(moved, std::fabs(weights[i] - began[i]));
        ours.end(fresh);
    }
    std::string what = "weights after " + std::to_string(trained) + " steps";

    is_good &= judge(what.c_str(), far, bound, of.name, type_name);
    if (!(moved > 20 * bound && moved > 0.01)) {
        std::printf("FAR    %s, %s: the weights moved by %.3g alone\n", of.name, type_name, moved);
        is_good = false;
    }
    return is_good;
}

int main(int argc, char **argv)
{
    bool is_good = argc > 1;
    int n = 0;

    at::set_num_threads(1);
    for (int i = 1; i < argc; i++) {
        if (std::strcmp(argv[i], "ppo") == 0) {
            is_good &= compare_ppo(ours_ppo_f64, torch::kDouble);
            is_good &= compare_ppo(ours_ppo_f32, torch::kFloat);
            n++;
        }
        for (const Case &of : cases)
            if (std::strcmp(argv[i], of.name) == 0) {
                is_good &= compare(of, ours_f64, torch::kDouble);
                is_good &= compare(of, ours_f32, torch::kFloat);
                n++;
            }
    }
    is_good &= n == argc - 1;
    std::printf("torch %s: %s\n", TORCH_VERSION, is_good ? "AGREES" : "DISAGREES");
    return is_good ? 0 : 1;
}
