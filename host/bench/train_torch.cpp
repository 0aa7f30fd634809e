// SPDX-License-Identifier: Apache-2.0
#include "bench/train_torch.h"

#include <torch/torch.h>

#include <cstring>
#include <exception>
#include <map>
#include <string>
#include <vector>

using torch::Tensor;

namespace
{

struct Training {
    train_torch_shape shape;
    std::map<std::string, Tensor> of; // leaves, in our layout
    std::vector<Tensor> leaves;
    Tensor answer;
    torch::optim::Adam *adam = nullptr;

    ~Training()
    {
        delete adam;
    }
};

Tensor dense(const Training &training, const Tensor &x, const std::string &name)
{
    return at::addmm(training.of.at(name + ".b"), x.reshape({-1, x.size(-1)}),
                     training.of.at(name + ".w"))
        .reshape({x.size(0), x.size(1), -1});
}

// By torch's own LSTM, whose second bias is none of ours.
Tensor forward(const Training &training, const Tensor &x)
{
    const train_torch_shape &shape = training.shape;
    std::vector<Tensor> params;
    Tensor zero = torch::zeros({shape.layers, shape.batch, shape.hidden});

    for (uint32_t i = 0; i < shape.layers; i++) {
        std::string name = "lstm." + std::to_string(i);

        params.push_back(training.of.at(name + ".w_x").t());
        params.push_back(training.of.at(name + ".w_h").t());
        params.push_back(training.of.at(name + ".b"));
        params.push_back(torch::zeros({4 * int64_t(shape.hidden)}));
    }

    Tensor y =
        std::get<0>(at::lstm(x, {zero, zero}, params, true, shape.layers, 0.0, true, false, false));

    return dense(training, shape.head > 0 ? at::relu(dense(training, y, "fc")) : y, "dense");
}

void *begin(const train_torch_shape *shape, const train_torch_tensor *tensors, uint32_t n)
{
    Training *training = new Training{*shape, {}, {}, {}, nullptr};

    try {
        at::set_num_threads(1);
        for (uint32_t i = 0; i < n; i++) {
            std::vector<int64_t> dims(tensors[i].dims, tensors[i].dims + tensors[i].n_dims);
            Tensor leaf = torch::from_blob(const_cast<float *>(tensors[i].at), dims, torch::kFloat)
                              .clone()
                              .requires_grad_(true);

            training->of[tensors[i].name] = leaf;
            training->leaves.push_back(leaf);
        }
        training->adam =
            new torch::optim::Adam(training->leaves, torch::optim::AdamOptions(shape->rate));
    } catch (const std::exception &) {
        delete training;
        return nullptr;
    }
    return training;
}

int step(void *of, const float *x, const float *target)
{
    Training *training = static_cast<Training *>(of);
    const train_torch_shape &shape = training->shape;
    auto tensor = [&](const float *at, uint32_t width) {
        return torch::from_blob(const_cast<float *>(at), {shape.steps, shape.batch, width},
                                torch::kFloat);
    };

    try {
        training->answer = forward(*training, tensor(x, shape.inputs));
        training->adam->zero_grad();
        at::mse_loss(training->answer, tensor(target, shape.outputs)).backward();
        training->adam->step();
    } catch (const std::exception &) {
        return 0;
    }
    return 1;
}

void read(void *of, float *y)
{
    Tensor answer = static_cast<Training *>(of)->answer.detach().contiguous();

    std::memcpy(y, answer.data_ptr<float>(), size_t(answer.numel()) * sizeof(float));
}

void end(void *of)
{
    delete static_cast<Training *>(of);
}

} // namespace

extern "C" __attribute__((visibility("default"))) const train_torch agon_bench_torch;
const train_torch agon_bench_torch = {TORCH_VERSION, begin, step, read, end};
