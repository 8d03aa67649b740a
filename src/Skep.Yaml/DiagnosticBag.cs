using Skep.Engine.Rules;

namespace Skep.Yaml;

/// <summary>Collects what there is to say about one file.</summary>
sealed class DiagnosticBag(string file)
{
    /// <summary>A file that is wrong from end to end would fill the memory with complaints.</summary>
    const int Most = 1000;

    const long MostWork = 4_000_000;

    readonly List<Diagnostic> _items = [];
    readonly HashSet<Diagnostic> _known = [];
    long _work;

    public string File { get; } = file;

    public int Errors { get; private set; }

    public int Unsupported { get; private set; }

    /// <summary>In the order of their places.</summary>
    public IReadOnlyList<Diagnostic> Items => [.. _items.OrderBy(d => d.Line).ThenBy(d => d.Column)];

    public void Error(Position at, string message)
    {
        Errors++;
        Add(Severity.Error, at, message);
    }

    public void NotSupported(Position at, string message)
    {
        Unsupported++;
        Add(Severity.Unsupported, at, message);
    }

    public void Warning(Position at, string message) => Add(Severity.Warning, at, message);

    public void Say(Severity severity, Position at, string message)
    {
        if (severity == Severity.Error) Error(at, message);
        else Add(severity, at, message);
    }

    // A macro or a list is looked at by each hook that uses it; its author reads a complaint once.
    void Add(Severity severity, Position at, string message)
    {
        var item = new Diagnostic(severity, message, File, at.Line, at.Column);
        if (!_known.Add(item)) return;
        _items.Add(item);
        if (_items.Count < Most) return;
        Stop(at, "too many mistakes, the others are not shown");
    }

    /// <summary>Counts work that a small file can cause much of, by lists and macros that it uses again and again.</summary>
    public void Spend(Position at, int count)
    {
        _work += count;
        if (_work > MostWork) Stop(at, $"lists and macros expand to more than {MostWork} parts");
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    void Stop(Position at, string message)
    {
        Errors++;
        _items.Add(new(Severity.Error, message, File, at.Line, at.Column));
        throw new ReadingStoppedException();
    }
}
