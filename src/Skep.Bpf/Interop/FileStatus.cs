namespace Skep.Bpf.Interop;

/// <summary>What statx(2) tells of a file, as far as it is of use here; <c>Changed</c> is the time of the last change in nanoseconds.</summary>
readonly record struct FileStatus(ulong Inode, uint Links, uint Mode, ulong Size, ulong Device, long Changed)
{
    const uint FormatMask = 0xf000, Directory = 0x4000, Regular = 0x8000;

    public bool IsRegular => (Mode & FormatMask) == Regular;

    public bool IsDirectory => (Mode & FormatMask) == Directory;
}
