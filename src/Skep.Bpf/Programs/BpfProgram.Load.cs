using System.Text;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

public sealed partial class BpfProgram
{
    const int FirstLogSize = 64 << 10;
    const int LargestLogSize = 64 << 20;

    /// <summary>The verifier's log of the successful load, when one was asked for; else null.</summary>
    public VerifierLog? VerifierLog { get; private init; }

    /// <summary>Loads a program. Unless a log is asked for, the verifier's log is collected only after a failure.</summary>
    /// <param name="image">The program.</param>
    /// <param name="logLevel">What the verifier writes into <see cref="VerifierLog"/>. A log that grows too large is dropped, never an error.</param>
    /// <exception cref="VerifierException">The verifier refused it.</exception>
    /// <exception cref="BpfSyscallException">The kernel refused it for another reason; the explanation says which.</exception>
    public static BpfProgram Load(ProgramImage image, VerifierLogLevel logLevel = VerifierLogLevel.None)
    {
        ArgumentNullException.ThrowIfNull(image);
        string? log = null;
        var result = logLevel == VerifierLogLevel.None ? LoadOnce(image, 0, default, out _, out _) : LoadWithLog(image, logLevel, out log);
        if (result == -Errno.ENOSPC) (result, log) = (LoadOnce(image, 0, default, out _, out _), null);
        if (result == -Errno.EPERM && LockedMemory.RaiseOnce()) result = LoadOnce(image, 0, default, out _, out _);
        if (result < 0)
        {
            var errno = -result;
            if (log is null || (logLevel & (VerifierLogLevel.Basic | VerifierLogLevel.Verbose)) == 0) result = LoadWithLog(image, VerifierLogLevel.Basic, out log);
            if (result < 0) throw LoadFailure.Explain(image, errno, log);
        }
        return new BpfProgram(new FileDescriptor(result), image.Name, image.Type, image.AttachType)
        {
            AttachTarget = image.AttachTarget,
            SectionName = image.SectionName,
            VerifierLog = log is null || logLevel == VerifierLogLevel.None ? null : Bpf.VerifierLog.Parse(log),
        };
    }

    // Kernels since 6.4 say how large the log is and keep its end when it does not fit; older ones answer ENOSPC and keep its start.
    static int LoadWithLog(ProgramImage image, VerifierLogLevel level, out string log)
    {
        for (var size = FirstLogSize; ;)
        {
            var buffer = new byte[size];
            var result = LoadOnce(image, (uint)level, buffer, out var length, out var needed);
            log = Encoding.UTF8.GetString(buffer.AsSpan(0, length));
            if (result != -Errno.ENOSPC && needed <= size || size >= LargestLogSize) return result;
            size = (int)Math.Clamp(Math.Max(needed, 2L * size), FirstLogSize, LargestLogSize);
        }
    }

    // The verifier gives up with EAGAIN when a signal is pending, which a runtime that suspends its threads by signals makes likely.
    static int LoadOnce(ProgramImage image, uint level, Span<byte> log, out int logLength, out uint neededLog)
    {
        var result = ProgramLoader.Load(image, level, log, out logLength, out neededLog);
        if (result != -Errno.EAGAIN) return result;
        using var quiet = SignalBlock.Begin();
        return ProgramLoader.Load(image, level, log, out logLength, out neededLog);
    }
}
