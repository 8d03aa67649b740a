using Skep.Engine.Hooks;

namespace Skep.Engine.Compilation;

/// <summary>A gate that a hook needs, and which of its programs stands behind it.</summary>
/// <param name="Name">The same in every generation.</param>
/// <param name="Program">Name of the program.</param>
/// <param name="Section">Where it is attached, where a section can say it.</param>
/// <param name="Places">Where it is attached, for places in a file; null for others.</param>
/// <param name="First">Number of the first of these places.</param>
sealed record PlannedGate(string Name, string Program, string Section, UserPlaces? Places = null, int First = 0)
{
    /// <summary>The hook that it is for, as statistics name it.</summary>
    public string Hook { get; init; } = Section;

    /// <summary>Whether it is not our program that runs there but the one that adds digests: ours tells by its place behind the gate that it is needed.</summary>
    public bool AddsDigests { get; init; }

    /// <summary>Where it is many functions of the kernel, their names: the program gets the place of the one that was called.</summary>
    public IReadOnlyList<string> Functions { get; init; } = [];
}
