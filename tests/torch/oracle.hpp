// SPDX-License-Identifier: Apache-2.0
/* What the comparisons with torch share. */
#ifndef TESTS_TORCH_ORACLE_HPP
#define TESTS_TORCH_ORACLE_HPP

#include <torch/torch.h>

#include <cmath>
#include <cstdio>
#include <vector>

#include "ours.h"

using torch::Tensor;

inline Tensor tensor_of(const std::vector<double> &values, std::vector<int64_t> dims,
                        torch::ScalarType type, size_t at = 0)
{
    Tensor all = torch::from_blob(const_cast<double *>(values.data()) + at, dims, torch::kDouble);

    return all.to(type, false, true);
}

inline double distance(const Tensor &a, const std::vector<double> &b, size_t at)
{
    Tensor flat = a.detach().to(torch::kDouble).flatten().contiguous();
    double most = 0;

    for (int64_t i = 0; i < flat.numel(); i++) {
        double off = std::fabs(flat.data_ptr<double>()[i] - b[at + size_t(i)]);

        if (!(off <= most))
            most = off; // a NaN too
    }
    return most;
}

inline bool judge(const char *what, double by, double bound, const char *name, const char *type)
{
    bool is_near = by <= bound;

    std::printf("%s %s, %s: %s %.3g from torch, at most %g\n", is_near ? "near  " : "FAR   ", name,
                type, what, by, bound);
    return is_near;
}

/* Draws that need no library: the same for both. */
inline double drawn(uint64_t seed)
{
    seed += 0x9e3779b97f4a7c15u;
    seed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9u;
    seed = (seed ^ (seed >> 27)) * 0x94d049bb133111ebu;
    seed ^= seed >> 31;
    return double(seed >> 11) * 0x1p-52 - 1;
}

/* oracle_ppo.cpp: updates of PPO. */
bool compare_ppo(const ours_ppo_table &ours, torch::ScalarType type);

#endif
