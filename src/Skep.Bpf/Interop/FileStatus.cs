namespace Skep.Bpf.Interop;

/// <summary>What statx(2) tells of a file, as far as it is of use here.</summary>
readonly record struct FileStatus(ulong Inode, uint Links, uint Mode, ulong Size, ulong Device)
{
    const uint FormatMask = 0xf000, Directory = 0x4000, Regular = 0x8000;

    public bool IsRegular => (Mode & FormatMask) == Regular;

    public bool IsDirectory => (Mode & FormatMask) == Directory;
}
