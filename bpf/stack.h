/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Captures of call stacks: addresses, the innermost first. */
#ifndef SKEP_STACK_H
#define SKEP_STACK_H

#include "capture.h"

#define MAX_FRAMES	127	/* kernel.perf_event_max_stack, unless raised */

/* Not a global function, for those cannot take any program's context. Flags are those of bpf_get_stack. */
__hidden int capture_stack(void *ctx, struct slot *slot, u32 index, u64 flags)
{
	u64 at = slot->record.length;
	long length;

	if (at > CAPTURE_END - MAX_FRAMES * sizeof(u64))
		return describe_nothing(slot, index, ARGUMENT_CUT);
	length = bpf_get_stack(ctx, slot->body + at, MAX_FRAMES * sizeof(u64), flags);
	/*
	 * On Linux 6.1, and no longer on 6.12, the tracepoint of a system call hands over the process's registers (kernel/trace/trace_syscalls.c: perf_call_bpf_enter), from
	 * which there is no way into the kernel's stack. The task's own is walked from here, through the programs that run.
	 */
	if (length == 0 && !(flags & BPF_F_USER_STACK))
		length = bpf_get_task_stack(bpf_get_current_task_btf(), slot->body + at, MAX_FRAMES * sizeof(u64), flags);
	if (length < 0)
		return describe_nothing(slot, index, ARGUMENT_UNREAD);
	slot->record.length = at + length;
	return describe(slot, index, at, length, length == MAX_FRAMES * sizeof(u64) ? ARGUMENT_CUT : 0, 0);
}

#endif
