/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Digests of files at security hooks. The integrity subsystem reads the file, which takes a program that may sleep, and those can neither stand behind
 * a gate (no tail calls) nor hold a slot. So the hook's own program decides and sends its record, and leaves a note; a second one at the same
 * hook, attached before it and therefore run after it (kernel/bpf/trampoline.c: the newest goes first), adds the digest and returns the error.
 */
#ifndef SKEP_DIGEST_H
#define SKEP_DIGEST_H

#include "maps.h"

#define MAX_ERROR	4095

/* To be called when the record was sent. Returns what the hook's own program returns: the error waits for the second one. */
__hidden int digest_want(u64 time, u64 object, u32 hook, int error)
{
	struct digest_wanted *wanted = bpf_task_storage_get(&digests_wanted, bpf_get_current_task_btf(), NULL,
							    BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!wanted)
		return error;
	wanted->object = object;
	wanted->hook = hook;
	wanted->generation = my_generation;
	wanted->error = error;
	wanted->time = time;
	return 0;
}

static __always_inline int digest_tell(void *object, struct file *file)
{
	struct digest_wanted *wanted = bpf_task_storage_get(&digests_wanted, bpf_get_current_task_btf(), NULL, 0);
	struct digest_record told = {};
	s64 error;

	if (!wanted || !wanted->time)
		return 0;
	if (wanted->object != (u64)object) {
		wanted->time = 0;
		return 0;
	}
	told.record.length = sizeof(told);
	told.record.kind = RECORD_DIGEST;
	told.record.hook = wanted->hook;
	told.record.generation = wanted->generation;
	told.record.time = wanted->time;
	told.record.tid = bpf_get_current_pid_tgid();
	error = wanted->error;
	wanted->time = 0;
	told.algorithm = file ? bpf_ima_file_hash(file, told.digest, sizeof(told.digest)) : -22;
	bpf_ringbuf_output(&events, &told, sizeof(told), 0);
	/* Two comparisons: of the one that the compiler makes of them the verifier learns no bounds. */
	if (error > 0)
		return -1;
	barrier_var(error);
	return error < -MAX_ERROR ? -1 : error;
}

/* User space loads these for the hook that is meant. */
SEC("lsm.s/file_open")
int BPF_PROG(digest_of_file, struct file *file)
{
	return digest_tell(file, file);
}

SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(digest_of_program, struct linux_binprm *bprm)
{
	return digest_tell(bprm, bprm->file);
}

#endif
