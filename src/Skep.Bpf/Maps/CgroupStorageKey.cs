using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>
/// Key of the older per-attachment cgroup storage (<c>struct bpf_cgroup_storage_key</c>). Its elements come and go with attachments; user space
/// can only read and replace them. New code takes <see cref="MapType.CgrpStorage"/>. Requires at least Linux 4.19.
/// </summary>
/// <param name="CgroupId">Inode number of the cgroup's directory.</param>
/// <param name="AttachType">Where the program is attached.</param>
[StructLayout(LayoutKind.Sequential, Size = 16)]
public readonly record struct CgroupStorageKey(ulong CgroupId, AttachType AttachType);
