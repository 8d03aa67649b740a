/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * READ(task, mm, exe_file, f_inode) is BPF_CORE_READ for members that are numbers or pointers. Where the kernel lets programs look at any
 * address as at a type (6.2), each arrow is one load instruction with a table entry for faults, instead of a call that takes some 30 ns.
 */
#ifndef SKEP_READ_H
#define SKEP_READ_H

#include "helpers.h"

extern void *bpf_rdonly_cast(const void *address, u32 type) __ksym __weak;

/* The verifier's own list of functions tells by its types whether it knows this one; a test of the function's address would not load before 6.4. */
enum special_kfunc_type {
	KF_bpf_rdonly_cast = 10,
};

#define CAN_CAST bpf_core_enum_value_exists(enum special_kfunc_type, KF_bpf_rdonly_cast)

/* The value of a statement expression has no qualifiers (__typeof_unqual__ came with clang 16). */
#define ___unqualified(expression) typeof(({ expression; }))

#define ___read_hop(source, field)                                                               \
	({                                                                                       \
		__auto_type ___from = (source);                                                  \
		___unqualified(___from->field) ___step;                                          \
		if (CAN_CAST) {                                                                  \
			typeof(___from) ___typed = bpf_rdonly_cast(                              \
				___from, bpf_core_type_id_kernel(___unqualified(*___from)));     \
			___step = ___typed->field;                                               \
		} else {                                                                         \
			bpf_core_read(&___step, sizeof(___step), &___from->field);               \
		}                                                                                \
		___step;                                                                         \
	})
#define ___read_1(source, a) ___read_hop(source, a)
#define ___read_2(source, a, b) ___read_hop(___read_1(source, a), b)
#define ___read_3(source, a, b, c) ___read_hop(___read_2(source, a, b), c)
#define ___read_4(source, a, b, c, d) ___read_hop(___read_3(source, a, b, c), d)
#define ___read_5(source, a, b, c, d, e) ___read_hop(___read_4(source, a, b, c, d), e)
#define ___read_6(source, a, b, c, d, e, f) ___read_hop(___read_5(source, a, b, c, d, e), f)
#define READ(source, ...) ___expand_join(___read_, ___count(__VA_ARGS__))(source, __VA_ARGS__)

#endif
