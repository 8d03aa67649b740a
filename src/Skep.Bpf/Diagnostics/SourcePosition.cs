namespace Skep.Bpf;

/// <summary>A line of the source that an instruction was compiled from.</summary>
/// <param name="File">The file as the compiler saw it; empty where neither the kernel nor the object tells.</param>
/// <param name="Line">Line number from 1; 0 where unknown.</param>
/// <param name="Text">The line's text, trimmed.</param>
public sealed record SourcePosition(string File, int Line, string Text)
{
    /// <summary><c>file:line: text</c>, without what is unknown.</summary>
    public override string ToString() => (File, Line) switch
    {
        ("", _) => Text,
        (_, 0) => $"{File}: {Text}",
        _ => $"{File}:{Line}: {Text}",
    };
}
