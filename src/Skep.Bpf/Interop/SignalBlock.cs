using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

/// <summary>
/// Keeps signals away from the calling thread until it is disposed: the verifier gives up with EAGAIN whenever one is pending
/// (kernel/bpf/verifier.c: do_check), and a process whose children end by the thousand always has one. Others of its threads take those.
/// </summary>
unsafe ref partial struct SignalBlock
{
    const int SetMask = 2;
    const int SetSize = 128;

    fixed byte _former[SetSize];

    public static SignalBlock Begin()
    {
        var block = default(SignalBlock);
        var all = stackalloc byte[SetSize];
        new Span<byte>(all, SetSize).Fill(0xff);
        _ = SetSignalMask(SetMask, all, block._former);
        return block;
    }

    public void Dispose()
    {
        fixed (byte* former = _former) _ = SetSignalMask(SetMask, former, null);
    }

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    private static partial int SetSignalMask(int how, byte* set, byte* former);
}
