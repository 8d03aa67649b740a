namespace Skep.Bpf;

/// <summary>An ELF object, BTF blob or other input is malformed; the message names object, section and symbol as far as they are known.</summary>
public sealed class BpfFormatException : BpfException
{
    /// <summary>Creates an error about malformed input.</summary>
    public BpfFormatException(string message) : base(message) { }

    /// <summary>Creates an error about malformed input that keeps its cause.</summary>
    public BpfFormatException(string message, Exception innerException) : base(message, innerException) { }
}
