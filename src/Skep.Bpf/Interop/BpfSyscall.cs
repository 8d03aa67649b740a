using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Skep.Bpf.Interop;

/// <summary>The system call <c>bpf(2)</c> itself.</summary>
static unsafe partial class BpfSyscall
{
    /// <summary>Its number on this machine.</summary>
    public static readonly nint Number = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 321,
        Architecture.Arm64 => 280,
        var other => throw new PlatformNotSupportedException($"bpf(2) has no known number on {other}"),
    };

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint RawSyscall(nint number, int command, void* attr, uint size);

    /// <summary>Runs a command. Returns the kernel's result, or the negated errno.</summary>
    public static int Invoke<TAttr>(BpfCommand command, ref TAttr attr) where TAttr : unmanaged
    {
        fixed (TAttr* pointer = &attr)
        {
            var result = RawSyscall(Number, (int)command, pointer, (uint)sizeof(TAttr));
            return result >= 0 ? (int)result : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Runs a command and throws when the kernel refuses; retries EINTR and the verifier's EAGAIN (pending signal) a few times.</summary>
    public static int Call<TAttr>(BpfCommand command, ref TAttr attr, string operation) where TAttr : unmanaged
    {
        var result = Invoke(command, ref attr);
        return result >= 0 ? result : throw new BpfSyscallException(operation, -result);
    }

    /// <summary>As <see cref="Call"/>, for commands that return a new descriptor (always close-on-exec).</summary>
    public static FileDescriptor CallForFd<TAttr>(BpfCommand command, ref TAttr attr, string operation) where TAttr : unmanaged =>
        new(Call(command, ref attr, operation));

    /// <summary>The address of pinned or stack memory as the kernel's <c>__aligned_u64</c>.</summary>
    public static ulong Pointer(void* pointer) => (ulong)(nuint)pointer;

    /// <summary>
    /// Copies a name into an attribute: at most 15 bytes, characters outside <c>[A-Za-z0-9_.]</c> become '_'
    /// (kernel/bpf/syscall.c: bpf_obj_name_cpy).
    /// </summary>
    public static ObjectName Name(string name)
    {
        var result = default(ObjectName);
        Span<byte> bytes = result;
        var length = Math.Min(name.Length, bytes.Length - 1);
        for (var i = 0; i < length; i++)
        {
            bytes[i] = char.IsAsciiLetterOrDigit(name[i]) || name[i] is '_' or '.' ? (byte)name[i] : (byte)'_';
        }
        return result;
    }

    /// <summary>A name as the kernel reports it: NUL-terminated, at most 16 bytes.</summary>
    public static string Name(in ObjectName name)
    {
        ReadOnlySpan<byte> bytes = name;
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }
}
