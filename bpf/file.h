/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Captures of paths, by what leads to a file. */
#ifndef SKEP_FILE_H
#define SKEP_FILE_H

#include "capture.h"
#include "path.h"

static __always_inline struct fs_struct *current_fs(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return READ(task, fs);
}

static __always_inline int capture_place(struct slot *slot, u32 index, struct vfsmount *mount, struct dentry *dentry)
{
	u32 offset, flags;
	u64 path, length;

	if (!dentry)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	path = path_read(slot, mount, dentry, current_fs());
	offset = slot->record.length;
	length = append_path(slot, path, CAPTURE_END);
	flags = PATH_FLAGS(path);
	if (length < PATH_LENGTH(path))
		flags |= ARGUMENT_CUT;
	return describe(slot, index, offset, length, flags, PATH_MODE(path));
}

static __always_inline int capture_open_file(struct slot *slot, u32 index, struct file *file)
{
	return capture_place(slot, index, READ(file, f_path.mnt), READ(file, f_path.dentry));
}

/* A struct path. */
int capture_path(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct path *path = (void *)value;

	if (!slot)
		return -1;
	return capture_place(slot, index, READ(path, mnt), READ(path, dentry));
}

/* A struct file. */
int capture_file(struct slot *slot, u32 index, u64 value, u64 extra)
{
	return slot ? capture_open_file(slot, index, (void *)value) : -1;
}

/* A dentry, up to the root of its file system. */
int capture_dentry(struct slot *slot, u32 index, u64 value, u64 extra)
{
	return slot ? capture_place(slot, index, NULL, (void *)value) : -1;
}

/* An open file of the current process, by its number; flags say why there is none. */
static __always_inline struct file *open_file(u64 number, u32 *flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fdtable *files = READ(task, files, fdt);
	struct file **table = READ(files, fd), *file = NULL;

	*flags = ARGUMENT_NULL;
	if ((u32)number >= READ(files, max_fds))
		return NULL;
	if (bpf_probe_read_kernel(&file, sizeof(file), table + (u32)number))
		*flags = ARGUMENT_UNREAD;
	return file;
}

int capture_fd(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct file *file;
	u32 flags;

	if (!slot)
		return -1;
	file = open_file(value, &flags);
	return file ? capture_open_file(slot, index, file) : describe_nothing(slot, index, flags);
}

/* The file of a struct kiocb. */
int capture_kiocb(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct kiocb *call = (void *)value;

	return slot ? capture_open_file(slot, index, READ(call, ki_filp)) : -1;
}

/* The file of a struct linux_binprm. */
int capture_binprm(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct linux_binprm *bprm = (void *)value;

	return slot ? capture_open_file(slot, index, READ(bprm, file)) : -1;
}

#endif
