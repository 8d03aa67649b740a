using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>The kernel refused an operation.</summary>
public class BpfSyscallException : BpfException
{
    /// <summary>Creates an error for <paramref name="operation"/> that failed with <paramref name="errno"/>.</summary>
    public BpfSyscallException(string operation, int errno, string? explanation = null, string? remedy = null)
        : base(Describe(operation, errno, explanation, remedy))
    {
        Operation = operation;
        ErrorNumber = errno;
        Explanation = explanation;
        Remedy = remedy;
    }

    /// <summary>What was tried, for example <c>attach program 'x' to tracepoint sched/sched_switch</c>.</summary>
    public string Operation { get; }

    /// <summary>The positive error number.</summary>
    public int ErrorNumber { get; }

    /// <summary>The symbolic name of the error number, for example <c>EPERM</c>.</summary>
    public string ErrorName => Errno.Name(ErrorNumber);

    /// <summary>The cause in plain words, when it is known.</summary>
    public string? Explanation { get; }

    /// <summary>What to do about it, when that is known.</summary>
    public string? Remedy { get; }

    static string Describe(string operation, int errno, string? explanation, string? remedy)
    {
        var text = $"{operation}: {Errno.Name(errno)}";
        if (explanation is not null) text += $": {explanation}";
        if (remedy is not null) text += $" ({remedy})";
        return text;
    }
}
