using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

/// <summary>Pages of a descriptor in this process, unmapped exactly once.</summary>
sealed unsafe class MemoryMapping : SafeHandle
{
    MemoryMapping(void* address, nuint length) : base(0, ownsHandle: true)
    {
        SetHandle((nint)address);
        Length = length;
    }

    /// <summary>Bytes mapped.</summary>
    public nuint Length { get; }

    public override bool IsInvalid => handle == 0;

    /// <summary>The first byte. Callers keep this object alive and open while they use it.</summary>
    public byte* Address => IsClosed ? throw new ObjectDisposedException(nameof(MemoryMapping)) : (byte*)handle;

    /// <summary>A part of the mapping as a span; checked against its bounds.</summary>
    public Span<byte> Slice(nuint offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((nuint)length, Length - offset);
        return new Span<byte>(Address + offset, length);
    }

    /// <summary>Maps shared pages; <paramref name="fixedAddress"/> 0 lets the kernel choose, any other value is used exactly or refused.</summary>
    public static MemoryMapping Shared(FileDescriptor fd, nuint offset, nuint length, bool writable, string operation, nuint fixedAddress = 0)
    {
        var protection = writable ? Libc.PROT_READ | Libc.PROT_WRITE : Libc.PROT_READ;
        var flags = Libc.MAP_SHARED | (fixedAddress == 0 ? 0 : Libc.MAP_FIXED_NOREPLACE);
        return Map((void*)fixedAddress, length, protection, flags, fd.Value, (nint)offset, operation);
    }

    /// <summary>Zeroed private memory, page-aligned: rings built by tests.</summary>
    public static MemoryMapping Anonymous(nuint length) =>
        Map(null, length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0, "map anonymous memory");

    static MemoryMapping Map(void* wanted, nuint length, int protection, int flags, int fd, nint offset, string operation)
    {
        var address = Libc.Mmap(wanted, length, protection, flags, fd, offset);
        if ((nint)address == -1) throw new BpfSyscallException(operation, Marshal.GetLastPInvokeError());
        return new MemoryMapping(address, length);
    }

    protected override bool ReleaseHandle() => Libc.Munmap((void*)handle, Length) == 0;
}
