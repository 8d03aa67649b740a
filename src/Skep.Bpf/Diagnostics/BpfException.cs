namespace Skep.Bpf;

/// <summary>The base of every error that this library reports about eBPF objects and the kernel.</summary>
public class BpfException : Exception
{
    /// <summary>Creates an error with a message that names the failing object.</summary>
    public BpfException(string message) : base(message) { }

    /// <summary>Creates an error that keeps its cause.</summary>
    public BpfException(string message, Exception innerException) : base(message, innerException) { }
}
