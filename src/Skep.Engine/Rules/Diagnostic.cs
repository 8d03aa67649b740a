namespace Skep.Engine.Rules;

/// <summary>Something to say about a text that a user wrote. Prints as compilers do: <c>file:line:column: error: message</c>.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Message">What is wrong and, where that is known, what would be right.</param>
/// <param name="File">The file's name.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column, from 1.</param>
public sealed record Diagnostic(Severity Severity, string Message, string File, int Line, int Column)
{
    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line}:{Column}: {Word}: {Message}";

    string Word => Severity switch
    {
        Severity.Error => "error",
        Severity.Unsupported => "unsupported",
        _ => "warning",
    };
}
