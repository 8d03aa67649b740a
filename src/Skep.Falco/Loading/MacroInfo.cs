namespace Skep.Falco.Loading;

/// <summary>A macro as the files put it together.</summary>
sealed class MacroInfo(string name, int index, LoadContext context, ConditionText condition)
{
    public string Name { get; } = name;

    /// <summary>Where it was first defined, among all items.</summary>
    public int Index { get; } = index;

    /// <summary>It can use macros that were defined before this place: that of its last definition or append.</summary>
    public int Visibility { get; set; } = index;

    public LoadContext Context { get; } = context;

    public ConditionText Condition { get; } = condition;
}
