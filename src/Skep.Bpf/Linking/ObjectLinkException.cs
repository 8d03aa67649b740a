namespace Skep.Bpf;

/// <summary>Objects do not fit together: a symbol is defined twice, declared differently, or licenses differ. The message names both objects.</summary>
public sealed class ObjectLinkException : BpfException
{
    /// <summary>Creates an error about objects that cannot be linked.</summary>
    public ObjectLinkException(string message) : base(message) { }

    /// <summary>Creates an error about objects that cannot be linked, and keeps its cause.</summary>
    public ObjectLinkException(string message, Exception innerException) : base(message, innerException) { }
}
