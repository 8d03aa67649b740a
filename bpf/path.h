/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Paths as the process sees them: from the dentry up to its mount's root, on to where that is mounted, and so on up to
 * the root of the process, built backwards from the end of the scratch's first half. It works in every type of program,
 * with checked reads only; a rename that happens meanwhile may show in a component.
 */
#ifndef SKEP_PATH_H
#define SKEP_PATH_H

#include "maps.h"

/* As many as PATH_MAX can hold, and the mounts between them. */
#define MAX_COMPONENTS	(MAX_STRING / 2 + 64)
#define NAME_MAX	255

#define PIPEFS_MAGIC	0x50495045
#define SOCKFS_MAGIC	0x534f434b
#define ANON_INODE_MAGIC	0x09041934
#define NSFS_MAGIC	0x6e736673

/* What path_read returns, in one number because a global function of BPF returns nothing else. */
#define PATH_OFFSET(path)	((u32)(path) & 0xffff)	/* in the scratch */
#define PATH_LENGTH(path)	((u32)((path) >> 16) & 0xffff)
#define PATH_FLAGS(path)	((u32)((path) >> 32) & 0xffff)	/* enum argument_flags */
#define PATH_MODE(path)		((u32)((path) >> 48))
#define PATH(offset, length, flags, mode) \
	((u64)(offset) | (u64)(length) << 16 | (u64)(flags) << 32 | (u64)(mode) << 48)

/* At the end of the slot's scratch: together with the stacks of the callers it would not fit the 512 bytes that 6.12 allows. */
struct path_walk {
	struct dentry *dentry;
	struct vfsmount *mount;
	struct dentry *mount_root;
	struct dentry *root;
	struct vfsmount *root_mount;
	struct fs_struct *fs;
	u32 offset;
	u32 flags;
	u32 done;
};

#define PATH_WALK(slot)	((struct path_walk *)((slot)->scratch + 2 * MAX_STRING - sizeof(struct path_walk)))

static __always_inline struct mount *mount_of(struct vfsmount *mount)
{
	return (void *)mount - bpf_core_field_offset(struct mount, mnt);
}

/* Puts a name and the slash before it in front of the path. */
static __always_inline void path_prepend(struct path_walk *walk, struct slot *slot, const void *name, u64 length)
{
	u64 offset = walk->offset;

	if (length > NAME_MAX)
		length = NAME_MAX;
	if (offset < length + 1 || offset > MAX_STRING) {
		walk->flags |= ARGUMENT_CUT | ARGUMENT_UNRESOLVED;
		walk->done = 1;
		return;
	}
	offset -= length;
	barrier_var(offset);
	barrier_var(length);
	offset &= MAX_STRING - 1;
	length &= NAME_MAX;
	if (bpf_probe_read_kernel(slot->scratch + offset, length, name))
		walk->flags |= ARGUMENT_UNRESOLVED;
	offset = (offset - 1) & (MAX_STRING - 1);
	slot->scratch[offset] = '/';
	walk->offset = offset;
}

static long path_step(u32 index, void *context)
{
	struct slot *slot = *(struct slot **)context;
	struct path_walk *walk = PATH_WALK(slot);
	struct dentry *dentry = walk->dentry, *parent;
	struct mount *mount, *above;

	if (walk->done)
		return 1;
	if (dentry == walk->root && walk->mount == walk->root_mount) {
		walk->done = 1;
		return 1;
	}
	parent = READ(dentry, d_parent);
	if (dentry == walk->mount_root || dentry == parent) {
		if (!walk->mount) {
			walk->done = 1;
			return 1;
		}
		mount = mount_of(walk->mount);
		above = READ(mount, mnt_parent);
		if (!above || above == mount) {
			/* Beyond the root of the process, as d_path has it; or in a mount that is nowhere. */
			walk->done = 1;
			return 1;
		}
		if (dentry != walk->mount_root)
			walk->flags |= ARGUMENT_UNRESOLVED;
		walk->dentry = READ(mount, mnt_mountpoint);
		walk->mount = (void *)above + bpf_core_field_offset(struct mount, mnt);
		walk->mount_root = READ(above, mnt.mnt_root);
		return 0;
	}
	if (!parent) {
		walk->flags |= ARGUMENT_UNRESOLVED;
		walk->done = 1;
		return 1;
	}
	path_prepend(walk, slot, READ(dentry, d_name.name), READ(dentry, d_name.len));
	walk->dentry = parent;
	return 0;
}

/* Puts the digits of a number in front of what begins at offset; returns where they begin. */
static __always_inline u64 prepend_number(struct slot *slot, u64 offset, u64 number)
{
	u32 i;

	for (i = 0; i < 20; i++) {
		offset = (offset - 1) & (MAX_STRING - 1);
		slot->scratch[offset] = '0' + number % 10;
		number /= 10;
		if (!number)
			break;
	}
	return offset;
}

/* Likewise up to NAME_MAX bytes of kernel memory. */
static __always_inline u64 prepend_bytes(struct slot *slot, u64 offset, const void *bytes, u64 length)
{
	if (length > NAME_MAX)
		length = NAME_MAX;
	offset -= length;
	barrier_var(offset);
	barrier_var(length);
	offset &= MAX_STRING - 1;
	length &= NAME_MAX;
	bpf_probe_read_kernel(slot->scratch + offset, length, bytes);
	return offset;
}

static __always_inline u64 prepend_character(struct slot *slot, u64 offset, char character)
{
	offset = (offset - 1) & (MAX_STRING - 1);
	slot->scratch[offset] = character;
	return offset;
}

/* Files without a place: pipes, sockets and the like, as /proc names them. */
static __always_inline u64 path_of_nameless(struct slot *slot, struct dentry *dentry, u32 mode)
{
	unsigned long magic = READ(dentry, d_sb, s_magic);
	struct inode *inode = READ(dentry, d_inode);
	u64 offset = MAX_STRING;
	struct ns_common *ns;
	const char *type;
	u32 flags = 0, i;
	char text[11];

	if (magic == PIPEFS_MAGIC || magic == SOCKFS_MAGIC || magic == NSFS_MAGIC) {
		offset = prepend_character(slot, offset, ']');
		offset = prepend_number(slot, offset, READ(inode, i_ino));
		offset = prepend_character(slot, offset, '[');
		offset = prepend_character(slot, offset, ':');
		if (magic == PIPEFS_MAGIC) {
			offset = prepend_bytes(slot, offset, "pipe", 4);
		} else if (magic == SOCKFS_MAGIC) {
			offset = prepend_bytes(slot, offset, "socket", 6);
		} else {
			ns = READ(inode, i_private);
			type = READ(ns, ops, name);
			if (bpf_probe_read_kernel(text, sizeof(text), type) == 0) {
				for (i = 0; i < sizeof(text); i++) {
					if (!text[i])
						break;
				}
				offset = prepend_bytes(slot, offset, text, i);
			}
		}
		return PATH(offset, MAX_STRING - offset, 0, mode);
	}
	offset = prepend_bytes(slot, offset, READ(dentry, d_name.name), READ(dentry, d_name.len));
	if (magic == ANON_INODE_MAGIC) {
		offset = prepend_bytes(slot, offset, "anon_inode:", 11);
	} else {
		/* A memfd or a segment of shared memory, which never had a name. */
		offset = prepend_character(slot, offset, '/');
		flags = ARGUMENT_UNLINKED;
	}
	return PATH(offset, MAX_STRING - offset, flags, mode);
}

/* Reads the path that path_read describes in the slot: a global function takes no pointers to kernel memory. */
__noinline u64 path_follow(struct slot *slot)
{
	struct vfsmount *mount;
	struct path_walk *walk;
	struct dentry *dentry;
	struct fs_struct *fs;
	u32 offset, mode;

	if (!slot)
		return 0;
	walk = PATH_WALK(slot);
	dentry = walk->dentry;
	mount = walk->mount;
	fs = walk->fs;
	if (!dentry)
		return PATH(MAX_STRING, 0, ARGUMENT_NULL, 0);

	mode = READ(dentry, d_inode, i_mode);
	walk->flags = 0;
	walk->done = 0;
	walk->mount_root = READ(mount, mnt_root);
	walk->offset = MAX_STRING;
	if (dentry == READ(dentry, d_parent)) {
		if (dentry != walk->mount_root && mount)
			return path_of_nameless(slot, dentry, mode);
	} else if (!READ(dentry, d_hash.pprev)) {
		walk->flags |= ARGUMENT_UNLINKED;
	}
	walk->root = READ(fs, root.dentry);
	walk->root_mount = READ(fs, root.mnt);

	bpf_loop(MAX_COMPONENTS, path_step, &slot, 0);

	if (!walk->done)
		walk->flags |= ARGUMENT_UNRESOLVED;
	offset = walk->offset;
	if (offset >= MAX_STRING) {
		offset = MAX_STRING - 1;
		slot->scratch[MAX_STRING - 1] = '/';
	}
	return PATH(offset, MAX_STRING - offset, walk->flags, mode);
}

/* Reads the path of a dentry in a mount (NULL: up to its file system's root) into the scratch, as the root in a fs_struct shows it. */
static __always_inline u64 path_read(struct slot *slot, struct vfsmount *mount, struct dentry *dentry, struct fs_struct *fs)
{
	struct path_walk *walk = PATH_WALK(slot);

	walk->mount = mount;
	walk->dentry = dentry;
	walk->fs = fs;
	return path_follow(slot);
}

static __always_inline u64 path_of_file(struct slot *slot, struct file *file, struct fs_struct *fs)
{
	return path_read(slot, READ(file, f_path.mnt), READ(file, f_path.dentry), fs);
}

/* Appends what path_read left in the scratch; returns the length. */
static __always_inline u64 append_path(struct slot *slot, u64 path, u64 end)
{
	u64 offset = PATH_OFFSET(path);

	barrier_var(offset);
	offset &= sizeof(slot->scratch) - 1;
	return append(slot, slot->scratch + offset, PATH_LENGTH(path), end);
}

#endif
