using System.Text;
using Skep.Bpf;

namespace Skep.Falco.Events;

/// <summary>What <c>evt.res</c> says of a result.</summary>
static class ErrorNames
{
    const int Most = 4095; // include/linux/err.h: MAX_ERRNO

    static readonly byte[]?[] s_names = new byte[]?[Most + 1];

    public static ReadOnlySpan<byte> Of(long result)
    {
        if (result is >= 0 or < -Most) return "SUCCESS"u8;
        return s_names[-result] ??= Encoding.ASCII.GetBytes(new BpfSyscallException("", (int)-result).ErrorName);
    }
}
