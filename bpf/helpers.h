/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Words in which our BPF programs are written: sections, map definitions, CO-RE reads, arguments. */
#ifndef SKEP_HELPERS_H
#define SKEP_HELPERS_H

#include "uapi.h"
#include "calls.h"

#define SEC(name) __attribute__((section(name), used))
#define LICENSE(text) char _license[] SEC("license") = text

#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define __noinline __attribute__((noinline))
#define __weak __attribute__((weak))
#define __hidden __attribute__((visibility("hidden")))
#define __unused __attribute__((unused))
#define __packed __attribute__((packed))
#define __aligned(bytes) __attribute__((aligned(bytes)))
#define __kconfig __attribute__((section(".kconfig")))
#define __ksym __attribute__((section(".ksyms")))

/* Kernel pointers stored in map values (clang 16 and later emit the tag). */
#if __has_attribute(btf_type_tag)
#define __kptr __attribute__((btf_type_tag("kptr")))
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#else
#define __kptr
#define __percpu_kptr
#endif

#if __has_attribute(btf_decl_tag)
#define __decl_tag(text) __attribute__((btf_decl_tag(text)))
#else
#define __decl_tag(text)
#endif

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define offsetof(type, member) __builtin_offsetof(type, member)
#define container_of(pointer, type, member) \
	((type *)((char *)(pointer) - offsetof(type, member)))

#define memcpy(to, from, size) __builtin_memcpy(to, from, size)
#define memset(to, byte, size) __builtin_memset(to, byte, size)

/* Keeps the compiler from merging or reordering across this point. */
#define barrier() asm volatile("" ::: "memory")
/* Hides how a value came about, so that a bounds check on it stays where it was written. */
#define barrier_var(variable) asm volatile("" : "+r"(variable))

#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define bpf_htons(x) ((__be16)__builtin_bswap16(x))
#define bpf_htonl(x) ((__be32)__builtin_bswap32(x))
#else
#define bpf_htons(x) ((__be16)(x))
#define bpf_htonl(x) ((__be32)(x))
#endif
#define bpf_ntohs(x) bpf_htons(x)
#define bpf_ntohl(x) bpf_htonl(x)

/*
 * A map is a variable of an anonymous struct in SEC(".maps"). Its members carry numbers and types
 * only in their own types, which the loader reads from BTF: an array's length, a pointer's target.
 */
#define __uint(name, number) int(*name)[number]
#define __type(name, type) typeof(type) *name
#define __array(name, type) typeof(type) *name[]
#define __ulong(name, number) enum { ___unique(__value_##name) = number } name
#define ___join(a, b) a##b
#define ___expand_join(a, b) ___join(a, b)
#define ___unique(prefix) ___expand_join(prefix, __COUNTER__)

enum {
	LIBBPF_PIN_NONE = 0,
	LIBBPF_PIN_BY_NAME = 1,
};

/* The state of CONFIG_… for `extern enum config_tristate CONFIG_… __kconfig`. */
enum config_tristate {
	TRI_NO = 0,
	TRI_YES = 1,
	TRI_MODULE = 2,
};

/* Counts the arguments of a variadic macro, 0 to 12. */
#define ___count(...) ___nth(_, ##__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define ___nth(_, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, N, ...) N

/*
 * CO-RE questions about the running kernel. The argument of the field ones is an lvalue or an
 * address-free member access such as `task->mm`; the loader answers with a constant.
 */
enum {
	___FIELD_BYTE_OFFSET = 0,
	___FIELD_BYTE_SIZE = 1,
	___FIELD_EXISTS = 2,
	___FIELD_SIGNED = 3,
	___FIELD_LSHIFT_U64 = 4,
	___FIELD_RSHIFT_U64 = 5,
	___TYPE_ID_LOCAL = 0,
	___TYPE_ID_TARGET = 1,
	___TYPE_EXISTS = 0,
	___TYPE_SIZE = 1,
	___TYPE_MATCHES = 2,
	___ENUM_EXISTS = 0,
	___ENUM_VALUE = 1,
};

#define ___field_of(type, member) (((typeof(type) *)0)->member)
#define ___field_1(field) field
#define ___field_2(type, member) ___field_of(type, member)
#define ___field(...) ___expand_join(___field_, ___count(__VA_ARGS__))(__VA_ARGS__)

#define bpf_core_field_exists(...) \
	__builtin_preserve_field_info(___field(__VA_ARGS__), ___FIELD_EXISTS)
#define bpf_core_field_size(...) \
	__builtin_preserve_field_info(___field(__VA_ARGS__), ___FIELD_BYTE_SIZE)
#define bpf_core_field_offset(...) \
	__builtin_preserve_field_info(___field(__VA_ARGS__), ___FIELD_BYTE_OFFSET)
#define bpf_core_type_exists(type) \
	__builtin_preserve_type_info(*(typeof(type) *)0, ___TYPE_EXISTS)
#define bpf_core_type_size(type) __builtin_preserve_type_info(*(typeof(type) *)0, ___TYPE_SIZE)
#define bpf_core_type_matches(type) \
	__builtin_preserve_type_info(*(typeof(type) *)0, ___TYPE_MATCHES)
#define bpf_core_type_id_local(type) \
	__builtin_btf_type_id(*(typeof(type) *)0, ___TYPE_ID_LOCAL)
#define bpf_core_type_id_kernel(type) \
	__builtin_btf_type_id(*(typeof(type) *)0, ___TYPE_ID_TARGET)
#define bpf_core_enum_value_exists(type, value) \
	__builtin_preserve_enum_value(*(typeof(type) *)value, ___ENUM_EXISTS)
#define bpf_core_enum_value(type, value) \
	__builtin_preserve_enum_value(*(typeof(type) *)value, ___ENUM_VALUE)

/* Reads source->field, a bitfield or not, as a 64-bit number through probe_read. */
#define BPF_CORE_READ_BITFIELD_PROBED(source, field)                                             \
	({                                                                                       \
		u64 ___value = 0;                                                                \
		u32 ___size = __builtin_preserve_field_info((source)->field, ___FIELD_BYTE_SIZE);  \
		bpf_probe_read_kernel(___bitfield_place(___value, ___size), ___size,             \
				      (const void *)(source) +                                   \
					      __builtin_preserve_field_info((source)->field,       \
									    ___FIELD_BYTE_OFFSET)); \
		___value <<= __builtin_preserve_field_info((source)->field, ___FIELD_LSHIFT_U64);   \
		if (__builtin_preserve_field_info((source)->field, ___FIELD_SIGNED))              \
			___value = (s64)___value >>                                              \
				   __builtin_preserve_field_info((source)->field,                \
								 ___FIELD_RSHIFT_U64);             \
		else                                                                             \
			___value >>= __builtin_preserve_field_info((source)->field,              \
								   ___FIELD_RSHIFT_U64);           \
		___value;                                                                        \
	})

/* The same where the verifier lets the program load from source directly. */
#define BPF_CORE_READ_BITFIELD(source, field)                                                    \
	({                                                                                       \
		const void *___from = (const void *)(source) +                                   \
				      __builtin_preserve_field_info((source)->field,             \
								    ___FIELD_BYTE_OFFSET);          \
		u64 ___value = 0;                                                                \
		barrier_var(___from);                                                            \
		switch (__builtin_preserve_field_info((source)->field, ___FIELD_BYTE_SIZE)) {      \
		case 1:                                                                          \
			___value = *(const u8 *)___from;                                         \
			break;                                                                   \
		case 2:                                                                          \
			___value = *(const u16 *)___from;                                        \
			break;                                                                   \
		case 4:                                                                          \
			___value = *(const u32 *)___from;                                        \
			break;                                                                   \
		case 8:                                                                          \
			___value = *(const u64 *)___from;                                        \
			break;                                                                   \
		}                                                                                \
		___value <<= __builtin_preserve_field_info((source)->field, ___FIELD_LSHIFT_U64);   \
		if (__builtin_preserve_field_info((source)->field, ___FIELD_SIGNED))              \
			___value = (s64)___value >>                                              \
				   __builtin_preserve_field_info((source)->field,                \
								 ___FIELD_RSHIFT_U64);             \
		else                                                                             \
			___value >>= __builtin_preserve_field_info((source)->field,              \
								   ___FIELD_RSHIFT_U64);           \
		___value;                                                                        \
	})

/* LSHIFT_U64 counts from bit 63: on big-endian machines the bytes belong at the number's end. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ___bitfield_place(value, size) ((void *)&(value))
#else
#define ___bitfield_place(value, size) ((void *)&(value) + (8 - (size)))
#endif

/* Copies a field or a string from a kernel or user address, with a relocated offset. */
#define bpf_core_read(to, size, from) \
	bpf_probe_read_kernel(to, size, (const void *)__builtin_preserve_access_index(from))
#define bpf_core_read_str(to, size, from) \
	bpf_probe_read_kernel_str(to, size, (const void *)__builtin_preserve_access_index(from))
#define bpf_core_read_user(to, size, from) \
	bpf_probe_read_user(to, size, (const void *)__builtin_preserve_access_index(from))

/*
 * BPF_CORE_READ(task, mm, exe_file, f_inode) is task->mm->exe_file->f_inode where each arrow is a
 * checked read; a fault anywhere yields zero. Up to 6 fields. BPF_CORE_READ_INTO stores the last
 * one into *to (an array or record, too) and BPF_CORE_READ_STR_INTO copies a string.
 */
#define ___hop_1(read, source, a) source
#define ___hop_2(read, source, a, b) ___load(read, source, a)
#define ___hop_3(read, source, a, b, c) ___load(read, ___hop_2(read, source, a, b), b)
#define ___hop_4(read, source, a, b, c, d) ___load(read, ___hop_3(read, source, a, b, c), c)
#define ___hop_5(read, source, a, b, c, d, e) ___load(read, ___hop_4(read, source, a, b, c, d), d)
#define ___hop_6(read, source, a, b, c, d, e, f) \
	___load(read, ___hop_5(read, source, a, b, c, d, e), e)
#define ___hops(read, source, ...) \
	___expand_join(___hop_, ___count(__VA_ARGS__))(read, source, __VA_ARGS__)

#define ___last_1(a) a
#define ___last_2(a, b) b
#define ___last_3(a, b, c) c
#define ___last_4(a, b, c, d) d
#define ___last_5(a, b, c, d, e) e
#define ___last_6(a, b, c, d, e, f) f
#define ___last(...) ___expand_join(___last_, ___count(__VA_ARGS__))(__VA_ARGS__)

#define ___chain_1(source, a) (source)->a
#define ___chain_2(source, a, b) (source)->a->b
#define ___chain_3(source, a, b, c) (source)->a->b->c
#define ___chain_4(source, a, b, c, d) (source)->a->b->c->d
#define ___chain_5(source, a, b, c, d, e) (source)->a->b->c->d->e
#define ___chain_6(source, a, b, c, d, e, f) (source)->a->b->c->d->e->f
#define ___chain(source, ...) \
	___expand_join(___chain_, ___count(__VA_ARGS__))(source, __VA_ARGS__)

/*
 * One hop, in a statement expression of its own: the nesting follows the chain, and the compiler
 * keeps only the stack slots that live at the same time. No slot needs a first value, because the
 * kernel's read functions zero it when they fail.
 */
#define ___load(read, source, field)                                                             \
	({                                                                                       \
		__auto_type ___from = (source);                                                  \
		typeof(___from->field) ___step;                                                  \
		read((void *)&___step, sizeof(___step),                                          \
		     (const void *)__builtin_preserve_access_index(&___from->field));            \
		___step;                                                                         \
	})

#define ___read_last(read, to, size, source, ...)                                                 \
	({                                                                                       \
		__auto_type ___holder = ___hops(read, source, __VA_ARGS__);                      \
		read((void *)(to), size,                                                         \
		     (const void *)__builtin_preserve_access_index(                              \
			     &___holder->___last(__VA_ARGS__)));                                 \
	})

#define BPF_CORE_READ_INTO(to, source, ...) \
	___read_last(bpf_probe_read_kernel, to, sizeof(*(to)), source, __VA_ARGS__)
#define BPF_CORE_READ_STR_INTO(to, source, ...) \
	___read_last(bpf_probe_read_kernel_str, to, sizeof(*(to)), source, __VA_ARGS__)
#define BPF_CORE_READ_USER_INTO(to, source, ...) \
	___read_last(bpf_probe_read_user, to, sizeof(*(to)), source, __VA_ARGS__)
#define BPF_CORE_READ(source, ...)                                                               \
	({                                                                                       \
		typeof(___chain(source, __VA_ARGS__)) ___result;                                 \
		BPF_CORE_READ_INTO(&___result, source, __VA_ARGS__);                             \
		___result;                                                                       \
	})
#define BPF_CORE_READ_USER(source, ...)                                                          \
	({                                                                                       \
		typeof(___chain(source, __VA_ARGS__)) ___result;                                 \
		BPF_CORE_READ_USER_INTO(&___result, source, __VA_ARGS__);                        \
		___result;                                                                       \
	})

/* Function arguments and result at a kprobe or uprobe, by the architecture's calling convention. */
#if defined(__TARGET_ARCH_arm64)
#define PT_REGS_PARM1(regs_) ((regs_)->regs[0])
#define PT_REGS_PARM2(regs_) ((regs_)->regs[1])
#define PT_REGS_PARM3(regs_) ((regs_)->regs[2])
#define PT_REGS_PARM4(regs_) ((regs_)->regs[3])
#define PT_REGS_PARM5(regs_) ((regs_)->regs[4])
#define PT_REGS_PARM6(regs_) ((regs_)->regs[5])
#define PT_REGS_RC(regs_) ((regs_)->regs[0])
#define PT_REGS_SP(regs_) ((regs_)->sp)
#define PT_REGS_IP(regs_) ((regs_)->pc)
#else
#define PT_REGS_PARM1(regs_) ((regs_)->di)
#define PT_REGS_PARM2(regs_) ((regs_)->si)
#define PT_REGS_PARM3(regs_) ((regs_)->dx)
#define PT_REGS_PARM4(regs_) ((regs_)->cx)
#define PT_REGS_PARM5(regs_) ((regs_)->r8)
#define PT_REGS_PARM6(regs_) ((regs_)->r9)
#define PT_REGS_RC(regs_) ((regs_)->ax)
#define PT_REGS_SP(regs_) ((regs_)->sp)
#define PT_REGS_IP(regs_) ((regs_)->ip)
#endif

/*
 * BPF_PROG(name, args…) defines a program whose context is an array of 64-bit arguments (tp_btf,
 * fentry, fexit, LSM, struct_ops) as a function with those arguments; `ctx` stays in reach.
 */
#define ___arg(n) (void *)ctx[n]
#define ___args_1 ___arg(0)
#define ___args_2 ___args_1, ___arg(1)
#define ___args_3 ___args_2, ___arg(2)
#define ___args_4 ___args_3, ___arg(3)
#define ___args_5 ___args_4, ___arg(4)
#define ___args_6 ___args_5, ___arg(5)
#define ___args_7 ___args_6, ___arg(6)
#define ___args_8 ___args_7, ___arg(7)
#define ___args_9 ___args_8, ___arg(8)
#define ___args_10 ___args_9, ___arg(9)
#define ___args_11 ___args_10, ___arg(10)
#define ___args_12 ___args_11, ___arg(11)

#define ___program(name, context, numbers, ...)                                                  \
	name(context);                                                                           \
	static __always_inline typeof(name(0)) ____##name(context, ##__VA_ARGS__);               \
	typeof(name(0)) name(context)                                                            \
	{                                                                                        \
		_Pragma("GCC diagnostic push")                                                   \
		_Pragma("GCC diagnostic ignored \"-Wint-conversion\"")                           \
		return ____##name(ctx numbers);                                                  \
		_Pragma("GCC diagnostic pop")                                                    \
	}                                                                                        \
	static __always_inline typeof(name(0)) ____##name(context, ##__VA_ARGS__)

#define ___from_ctx_0
#define ___from_ctx_1 , ___args_1
#define ___from_ctx_2 , ___args_2
#define ___from_ctx_3 , ___args_3
#define ___from_ctx_4 , ___args_4
#define ___from_ctx_5 , ___args_5
#define ___from_ctx_6 , ___args_6
#define ___from_ctx_7 , ___args_7
#define ___from_ctx_8 , ___args_8
#define ___from_ctx_9 , ___args_9
#define ___from_ctx_10 , ___args_10
#define ___from_ctx_11 , ___args_11
#define ___from_ctx_12 , ___args_12
#define BPF_PROG(name, ...)                                                                      \
	___program(name, unsigned long long *ctx,                                                \
		   ___expand_join(___from_ctx_, ___count(__VA_ARGS__)), ##__VA_ARGS__)

/* BPF_KPROBE and BPF_KRETPROBE do the same for a context of registers. */
#define ___from_regs_0
#define ___from_regs_1 , (void *)PT_REGS_PARM1(ctx)
#define ___from_regs_2 ___from_regs_1, (void *)PT_REGS_PARM2(ctx)
#define ___from_regs_3 ___from_regs_2, (void *)PT_REGS_PARM3(ctx)
#define ___from_regs_4 ___from_regs_3, (void *)PT_REGS_PARM4(ctx)
#define ___from_regs_5 ___from_regs_4, (void *)PT_REGS_PARM5(ctx)
#define ___from_regs_6 ___from_regs_5, (void *)PT_REGS_PARM6(ctx)
#define BPF_KPROBE(name, ...)                                                                    \
	___program(name, struct pt_regs *ctx,                                                    \
		   ___expand_join(___from_regs_, ___count(__VA_ARGS__)), ##__VA_ARGS__)
#define ___from_rc_0
#define ___from_rc_1 , (void *)PT_REGS_RC(ctx)
#define BPF_KRETPROBE(name, ...)                                                                 \
	___program(name, struct pt_regs *ctx,                                                    \
		   ___expand_join(___from_rc_, ___count(__VA_ARGS__)), ##__VA_ARGS__)
#define BPF_UPROBE(name, ...) BPF_KPROBE(name, ##__VA_ARGS__)
#define BPF_URETPROBE(name, ...) BPF_KRETPROBE(name, ##__VA_ARGS__)

/* Prints to trace_pipe; three arguments at most through the old helper. */
#define bpf_printk(text, ...)                                                                    \
	({                                                                                       \
		static const char ___text[] = text;                                              \
		bpf_trace_printk(___text, sizeof(___text), ##__VA_ARGS__);                       \
	})

/* Formats into a sequence file of an iterator or a buffer; the arguments become 64-bit words. */
#define ___words_0() 0
#define ___words_1(a) (u64)(a)
#define ___words_2(a, b) (u64)(a), (u64)(b)
#define ___words_3(a, b, c) (u64)(a), (u64)(b), (u64)(c)
#define ___words_4(a, b, c, d) (u64)(a), (u64)(b), (u64)(c), (u64)(d)
#define ___words_5(a, b, c, d, e) (u64)(a), (u64)(b), (u64)(c), (u64)(d), (u64)(e)
#define ___words_6(a, b, c, d, e, f) (u64)(a), (u64)(b), (u64)(c), (u64)(d), (u64)(e), (u64)(f)
#define ___words(...) ___expand_join(___words_, ___count(__VA_ARGS__))(__VA_ARGS__)
#define BPF_SEQ_PRINTF(file, text, ...)                                                          \
	({                                                                                       \
		static const char ___text[] = text;                                              \
		u64 ___data[] = { ___words(__VA_ARGS__) };                                       \
		bpf_seq_printf(file, ___text, sizeof(___text), ___data,                          \
			       ___count(__VA_ARGS__) * sizeof(u64));                             \
	})
#define BPF_SNPRINTF(to, size, text, ...)                                                        \
	({                                                                                       \
		static const char ___text[] = text;                                              \
		u64 ___data[] = { ___words(__VA_ARGS__) };                                       \
		bpf_snprintf(to, size, ___text, ___data, ___count(__VA_ARGS__) * sizeof(u64));   \
	})

#endif
