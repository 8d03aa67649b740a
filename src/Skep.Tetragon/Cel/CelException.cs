namespace Skep.Tetragon.Cel;

/// <summary>An expression that is wrong. The message starts with line and column.</summary>
public sealed class CelException(string message, int offset, int line, int column) : FormatException($"{line}:{column}: {message}")
{
    /// <summary>Where, in UTF-16 units from the start.</summary>
    public int Offset { get; } = offset;

    /// <summary>Where, counted from 1.</summary>
    public int Line { get; } = line;

    /// <summary>Where in the line, counted from 1.</summary>
    public int Column { get; } = column;

    internal static CelException At(string text, int offset, string message)
    {
        offset = Math.Clamp(offset, 0, text.Length);
        var before = text.AsSpan(0, offset);
        return new CelException(message, offset, before.Count('\n') + 1, offset - (before.LastIndexOf('\n') + 1) + 1);
    }
}
