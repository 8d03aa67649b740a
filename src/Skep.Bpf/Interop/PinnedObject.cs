using System.Runtime.InteropServices;
using System.Text;

namespace Skep.Bpf.Interop;

/// <summary>Names of kernel objects in a BPF file system: <c>BPF_OBJ_PIN</c> and <c>BPF_OBJ_GET</c>, for maps, programs and links alike.</summary>
static unsafe class PinnedObject
{
    /// <summary>Gives <paramref name="fd"/>'s object a name.</summary>
    public static void Pin(FileDescriptor fd, string path, string operation)
    {
        fixed (byte* pointer = Encoding.UTF8.GetBytes(path + "\0"))
        {
            var attr = new ObjectPathAttr { PathName = BpfSyscall.Pointer(pointer), BpfFd = fd.Value };
            var result = BpfSyscall.Invoke(BpfCommand.ObjPin, ref attr);
            if (result >= 0) return;
            throw new BpfSyscallException(operation, -result, Explain(-result, path));
        }
    }

    /// <summary>Opens the object of that name; <paramref name="flags"/> may restrict it (<c>BPF_F_RDONLY</c>, <c>BPF_F_WRONLY</c>).</summary>
    public static FileDescriptor Open(string path, uint flags, string operation)
    {
        fixed (byte* pointer = Encoding.UTF8.GetBytes(path + "\0"))
        {
            var attr = new ObjectPathAttr { PathName = BpfSyscall.Pointer(pointer), FileFlags = flags };
            var result = BpfSyscall.Invoke(BpfCommand.ObjGet, ref attr);
            return result >= 0 ? new FileDescriptor(result) : throw new BpfSyscallException(operation, -result, Explain(-result, path));
        }
    }

    /// <summary>What the kernel calls the object behind a descriptor: <c>bpf-map</c>, <c>bpf-prog</c>, <c>bpf_link</c>, <c>btf</c>…</summary>
    public static string KindOf(FileDescriptor fd)
    {
        var target = new FileInfo($"/proc/self/fd/{fd.Value}").LinkTarget ?? "";
        return target.StartsWith("anon_inode:", StringComparison.Ordinal) ? target["anon_inode:".Length..].Trim('[', ']') : target;
    }

    static string? Explain(int errno, string path) => errno switch
    {
        Errno.EPERM when !OnBpfFileSystem(path) => $"'{Path.GetDirectoryName(path)}' is not on a BPF file system (mount -t bpf bpf /sys/fs/bpf)",
        Errno.EEXIST => "the path exists already",
        Errno.ENOENT => "the path or its directory does not exist",
        _ => null,
    };

    static bool OnBpfFileSystem(string path)
    {
        try
        {
            return new DriveInfo(Path.GetDirectoryName(path) ?? "/").DriveFormat is "bpf" or "bpf_fs";
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
