using System.Runtime.CompilerServices;

namespace Skep.Bpf.Interop;

/// <summary>What programs, maps, links and BTF objects have in common: ids and info.</summary>
static unsafe class BpfObjects
{
    /// <summary>The lowest id above <paramref name="id"/>; false at the end.</summary>
    public static bool TryGetNextId(BpfCommand command, uint id, out uint next)
    {
        var attr = new ObjectIdAttr { Id = id };
        var result = BpfSyscall.Invoke(command, ref attr);
        next = attr.NextId;
        return result switch
        {
            >= 0 => true,
            -Errno.ENOENT => false,
            -Errno.EPERM => throw new BpfSyscallException($"list ids ({command})", Errno.EPERM, "listing needs CAP_SYS_ADMIN in the initial user namespace"),
            _ => throw new BpfSyscallException($"list ids ({command})", -result),
        };
    }

    /// <summary>Opens an object by id; null when it is gone, which a listing has to expect.</summary>
    public static FileDescriptor? TryOpenById(BpfCommand command, uint id, uint openFlags = 0)
    {
        var attr = new ObjectIdAttr { Id = id, OpenFlags = openFlags };
        var result = BpfSyscall.Invoke(command, ref attr);
        return result switch
        {
            >= 0 => new FileDescriptor(result),
            -Errno.ENOENT => null,
            _ => throw new BpfSyscallException($"open id {id} ({command})", -result, result == -Errno.EPERM ? "opening by id needs CAP_SYS_ADMIN" : null),
        };
    }

    /// <summary>
    /// <c>BPF_OBJ_GET_INFO_BY_FD</c>. A struct longer than the kernel's is fine while its tail is zero; what an old kernel does not know stays zero.
    /// Returns the number of bytes that the kernel filled in.
    /// </summary>
    public static int GetInfo<TInfo>(FileDescriptor fd, ref TInfo info, string operation) where TInfo : unmanaged
    {
        fixed (TInfo* pointer = &info)
        {
            var attr = new ObjectInfoAttr { BpfFd = fd.Value, InfoLength = (uint)Unsafe.SizeOf<TInfo>(), Info = BpfSyscall.Pointer(pointer) };
            BpfSyscall.Call(BpfCommand.ObjGetInfoByFd, ref attr, operation);
            return (int)attr.InfoLength;
        }
    }
}
