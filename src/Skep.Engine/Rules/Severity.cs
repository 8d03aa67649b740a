namespace Skep.Engine.Rules;

/// <summary>How bad a <see cref="Diagnostic"/> is.</summary>
public enum Severity
{
    /// <summary>It works, but perhaps not as meant.</summary>
    Warning,

    /// <summary>It is right, but Skep cannot do it yet: the hook in question is left out.</summary>
    Unsupported,

    /// <summary>It is wrong: there is no policy.</summary>
    Error,
}
