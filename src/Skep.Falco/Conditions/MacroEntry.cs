namespace Skep.Falco.Conditions;

/// <summary>A macro that was read.</summary>
sealed class MacroEntry(string name, int index, int visibility, ConditionNode condition)
{
    public string Name { get; } = name;

    public int Index { get; } = index;

    public int Visibility { get; } = visibility;

    public ConditionNode Condition { get; } = condition;

    public ConditionNode? Resolved { get; set; }

    public bool IsBeingResolved { get; set; }

    public bool IsUsed { get; set; }

    /// <summary>Checks and groups in it, counted as often as they appear.</summary>
    public long Size { get; set; }

    public int Depth { get; set; }
}
