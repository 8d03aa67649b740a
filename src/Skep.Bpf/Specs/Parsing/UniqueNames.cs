namespace Skep.Bpf;

/// <summary>Gives each symbol a name of its own: the second static <c>counter</c> of a linked object becomes <c>counter.2</c>.</summary>
sealed class UniqueNames
{
    readonly Dictionary<string, int> _uses = new(StringComparer.Ordinal);

    public bool Contains(string name) => _uses.ContainsKey(name);

    public string Claim(string name)
    {
        if (_uses.TryAdd(name, 1)) return name;
        string candidate;
        do candidate = $"{name}.{++_uses[name]}";
        while (!_uses.TryAdd(candidate, 1));
        return candidate;
    }
}
