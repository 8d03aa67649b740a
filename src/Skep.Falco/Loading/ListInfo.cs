namespace Skep.Falco.Loading;

/// <summary>A list as the files put it together.</summary>
sealed class ListInfo(string name, int index, LoadContext context)
{
    public string Name { get; } = name;

    /// <summary>Where it was first defined, among all items.</summary>
    public int Index { get; } = index;

    public LoadContext Context { get; } = context;

    public List<string> Items { get; } = [];
}
