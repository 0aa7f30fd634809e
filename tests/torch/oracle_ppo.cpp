// SPDX-License-Identifier: Apache-2.0
/* PPO's updates beside torch's own operations, from the same weights on the same batches: 200 in
 * double, 50 in float. Some rows are out of bounds on each side, and some gradients are limited. */
#include <algorithm>
#include <map>
#include <string>

#include "oracle.hpp"

static const ours_ppo_rules rules = {7, 3, 24, 18, 64, 1e-3, 0.2, 0.5, 0.02, 0.15};

using Leaves = std::map<std::string, Tensor>;

static Tensor tower(const Leaves &of, const Tensor &x, const std::string &name)
{
    Tensor low = at::relu(at::addmm(of.at(name + ".0.b"), x, of.at(name + ".0.w")));
    Tensor high = at::relu(at::addmm(of.at(name + ".1.b"), low, of.at(name + ".1.w")));

    return at::matmul(high, of.at(name + ".2.w"));
}

struct Batch {
    std::vector<double> x, log_p, advantages, returns;
    std::vector<uint32_t> actions;
};

static Batch draw(uint64_t step, const ours_ppo_table &ours)
{
    Batch batch;

    for (uint64_t i = 0; i < uint64_t(rules.rows) * rules.inputs; i++)
        batch.x.push_back(ours.rounded(2 * drawn(step << 32 | i)));
    for (uint64_t i = 0; i < rules.rows; i++) {
        uint64_t at = step << 32 | 1u << 31 | i << 3;

        batch.actions.push_back(
            std::min(uint32_t((drawn(at) + 1) / 2 * rules.actions), rules.actions - 1));
        batch.log_p.push_back(ours.rounded(-std::log(3.0) + 0.4 * drawn(at | 1)));
        batch.advantages.push_back(ours.rounded(3 * drawn(at | 2) + 0.5));
        batch.returns.push_back(ours.rounded(drawn(at | 3)));
    }
    return batch;
}

static Tensor loss_of(const Leaves &of, const Batch &batch, torch::ScalarType type, double &clipped)
{
    int64_t rows = rules.rows;
    Tensor x = tensor_of(batch.x, {rows, rules.inputs}, type);
    Tensor old = tensor_of(batch.log_p, {rows}, type);
    Tensor advantage = tensor_of(batch.advantages, {rows}, type);
    Tensor returns = tensor_of(batch.returns, {rows}, type);
    std::vector<int64_t> actions(batch.actions.begin(), batch.actions.end());
    Tensor action = torch::tensor(actions, torch::kLong).unsqueeze(1);
    Tensor bias = of.at("head.b");
    Tensor log_p = at::log_softmax(
        tower(of, x, "policy") + bias.slice(0, 0, int64_t(rules.actions)), 1);
    Tensor value = (tower(of, x, "value") + bias.slice(0, int64_t(rules.actions))).squeeze(1);
    Tensor ratio = at::exp(log_p.gather(1, action).squeeze(1) - old);
    Tensor held = at::clamp(ratio, 1 - rules.clip, 1 + rules.clip);

    advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8);
    clipped = (held != ratio).to(torch::kDouble).mean().item<double>();
    return -at::min(ratio * advantage, held * advantage).mean() +
           rules.value_share * at::pow(value - returns, 2).mean() +
           rules.entropy_share * (at::exp(log_p) * log_p).sum(1).mean();
}

/* No longer than norm_most, as ppo.h says it. Returns whether it was. */
static bool limit(const std::vector<Tensor> &leaves)
{
    double sum = 0;

    for (const Tensor &leaf : leaves)
        sum += at::pow(leaf.grad().to(torch::kDouble), 2).sum().item<double>();
    if (std::sqrt(sum) <= rules.norm_most)
        return false;
    for (const Tensor &leaf : leaves)
        leaf.grad().mul_(rules.norm_most / std::sqrt(sum));
    return true;
}

bool compare_ppo(const ours_ppo_table &ours, torch::ScalarType type)
{
    bool is_double = type == torch::kDouble;
    const char *type_name = is_double ? "double" : "float";
    int trained = is_double ? 200 : 50;
    double bound = is_double ? 1e-8 : 1e-3;
    void *training = ours.begin(&rules);
    ours_tensor tensors[OURS_TENSORS];
    double clipped = 0, moved = 0, far = 0;
    int n_limited = 0;
    bool is_good = true;

    if (training == nullptr) {
        std::printf("FAR    ppo, %s: no memory\n", type_name);
        return false;
    }

    uint32_t n_tensors = ours.tensors(training, tensors);
    std::vector<double> began(ours.n_weights(training)), weights(began.size()),
        gradient(began.size());
    std::vector<Tensor> leaves;
    Leaves of;

    ours.read(training, began.data(), gradient.data());
    for (uint32_t i = 0; i < n_tensors; i++) {
        std::vector<int64_t> dims(tensors[i].dims, tensors[i].dims + tensors[i].n_dims);
        Tensor leaf = tensor_of(began, dims, type, tensors[i].at).requires_grad_(true);

        of[tensors[i].name] = leaf;
        leaves.push_back(leaf);
    }
    torch::optim::Adam adam(leaves, torch::optim::AdamOptions(rules.rate));

    for (int step = 0; step < trained; step++) {
        Batch batch = draw(uint64_t(step), ours);
        double share = 0;
        double loss = ours.step(training, batch.x.data(), batch.actions.data(),
                                batch.log_p.data(), batch.advantages.data(), batch.returns.data());
        Tensor theirs = loss_of(of, batch, type, share);

        adam.zero_grad();
        theirs.backward();
        n_limited += limit(leaves);
        clipped += share / trained;
        if (step == 0) {
            ours.read(training, weights.data(), gradient.data());
            for (uint32_t i = 0; i < n_tensors; i++)
                far = std::fmax(far, distance(leaves[i].grad(), gradient, tensors[i].at));
            is_good &= judge("loss", std::fabs(theirs.item<double>() - loss), bound, "ppo",
                             type_name);
            is_good &= judge("gradient", far, bound, "ppo", type_name);
        }
        adam.step();
    }
    ours.read(training, weights.data(), gradient.data());
    far = 0;
    for (uint32_t i = 0; i < n_tensors; i++)
        far = std::fmax(far, distance(leaves[i], weights, tensors[i].at));
    for (size_t i = 0; i < weights.size(); i++)
        moved = std::fmax(moved, std::fabs(weights[i] - began[i]));
    ours.end(training);
    std::string what = "weights after " + std::to_string(trained) + " updates";

    is_good &= judge(what.c_str(), far, bound, "ppo", type_name);
    // That they learned at all, and that what is to be compared was there.
    std::printf("       ppo, %s: moved by %.3g, %.0f %% out of bounds, %d of %d limited\n", type_name,
                moved, 100 * clipped, n_limited, trained);
    if (!(moved > 20 * bound && moved > 0.01) || clipped < 0.05 || clipped > 0.95 ||
        n_limited == 0 || n_limited == trained) {
        std::printf("FAR    ppo, %s: moved by %.3g, %.0f %% out of bounds, %d of %d limited\n",
                    type_name, moved, 100 * clipped, n_limited, trained);
        is_good = false;
    }
    return is_good;
}
