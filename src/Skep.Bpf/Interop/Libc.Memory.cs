using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

static partial class Libc
{
    const int MADV_DONTNEED = 4;

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nint length, int advice);

    /// <summary>Takes pages out of this process; those of a file are read again when they are needed, what was written to private ones is lost.</summary>
    public static void Forget(nint address, nint length) => _ = Advise(address, length, MADV_DONTNEED);
}
