/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Captures of the kernel's own extensions: BPF, performance events, modules. */
#ifndef SKEP_OBJECT_H
#define SKEP_OBJECT_H

#include "capture.h"

/* Offsets in the part of union bpf_attr that BPF_PROG_LOAD uses. */
#define ATTR_PROGRAM_TYPE	0
#define ATTR_PROGRAM_NAME	48

/* A union bpf_attr in kernel or user memory, as of BPF_PROG_LOAD; extra is its length, or 0 where nobody says. */
int capture_bpf_attr(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct bpf_attribute_value to = {};

	if (!slot)
		return -1;
	if (!value)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	if (read_memory(&to, 2 * sizeof(u32), value + ATTR_PROGRAM_TYPE))
		return describe_nothing(slot, index, ARGUMENT_UNREAD);
	if (!extra || extra >= ATTR_PROGRAM_NAME + sizeof(to.name))
		read_memory(to.name, sizeof(to.name), value + ATTR_PROGRAM_NAME);
	return describe_value(slot, index, &to, sizeof(to), 0);
}

/* A struct bpf_map. */
int capture_bpf_map(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct bpf_map *map = (void *)value;
	struct bpf_map_value to = {};

	if (!slot)
		return -1;
	if (!map)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	if (BPF_CORE_READ_INTO(&to.type, map, map_type))
		return describe_nothing(slot, index, ARGUMENT_UNREAD);
	to.key_size = BPF_CORE_READ(map, key_size);
	to.value_size = BPF_CORE_READ(map, value_size);
	to.max_entries = BPF_CORE_READ(map, max_entries);
	BPF_CORE_READ_STR_INTO(&to.name, map, name);
	return describe_value(slot, index, &to, sizeof(to), 0);
}

/* A struct bpf_prog. */
int capture_bpf_prog(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct bpf_prog *program = (void *)value;
	struct bpf_program_value to = {};

	if (!slot)
		return -1;
	if (!program)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	if (BPF_CORE_READ_INTO(&to.type, program, type))
		return describe_nothing(slot, index, ARGUMENT_UNREAD);
	to.instructions = BPF_CORE_READ(program, len);
	BPF_CORE_READ_STR_INTO(&to.name, program, aux, name);
	return describe_value(slot, index, &to, sizeof(to), 0);
}

/* A struct perf_event. */
int capture_perf_event(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct perf_event *event = (void *)value;
	struct perf_event_value to = {};

	if (!slot)
		return -1;
	if (!event)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	if (BPF_CORE_READ_INTO(&to.type, event, attr.type))
		return describe_nothing(slot, index, ARGUMENT_UNREAD);
	to.config = BPF_CORE_READ(event, attr.config);
	to.offset = BPF_CORE_READ(event, attr.config2);
	/* The probe's function by name, which perf_event_open takes from the caller's memory. */
	bpf_probe_read_user_str(to.function, sizeof(to.function), (void *)BPF_CORE_READ(event, attr.config1));
	return describe_value(slot, index, &to, sizeof(to), 0);
}

/* A kernel may be built without modules, or without their signatures. */
static __always_inline void read_module(struct module_value *to, struct module *module)
{
	if (!bpf_core_field_exists(struct module, taints))
		return;
	to->taints = BPF_CORE_READ(module, taints);
	if (bpf_core_field_exists(struct module, sig_ok))
		to->signature_ok = BPF_CORE_READ(module, sig_ok);
	BPF_CORE_READ_STR_INTO(&to->name, module, name);
}

/* A struct module. */
int capture_module(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct module_value to = {};

	if (!slot)
		return -1;
	if (!value)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	read_module(&to, (void *)value);
	return describe_value(slot, index, &to, sizeof(to), 0);
}

/* A struct load_info of a module that is being loaded. */
int capture_load_info(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct load_info *info = (void *)value;
	struct module_value to = {};
	const char *name;

	if (!slot)
		return -1;
	if (!info)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	if (bpf_core_field_exists(struct load_info, name)) {
		read_module(&to, BPF_CORE_READ(info, mod));
		if (bpf_core_field_exists(struct load_info, sig_ok))
			to.signature_ok = BPF_CORE_READ(info, sig_ok);
		name = BPF_CORE_READ(info, name);
		if (name)
			bpf_probe_read_kernel_str(to.name, sizeof(to.name), name);
	}
	return describe_value(slot, index, &to, sizeof(to), 0);
}

#endif
