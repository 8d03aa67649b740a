namespace Skep.Bpf;

/// <summary>An object that is being linked, and where its parts went.</summary>
sealed class LinkInput(ObjectSpec spec)
{
    public ObjectSpec Spec { get; } = spec;

    public string Name => Spec.Name;

    /// <summary>Ids of the object's BTF to ids of the joined one, before types are merged.</summary>
    public Dictionary<uint, uint> Types { get; } = [];

    /// <summary>New names of the functions that are kept.</summary>
    public Dictionary<string, string> Functions { get; } = new(StringComparer.Ordinal);

    /// <summary>New names of the maps that are kept, data sections apart.</summary>
    public Dictionary<string, string> Maps { get; } = new(StringComparer.Ordinal);

    /// <summary>Where each data section begins in the joined one.</summary>
    public Dictionary<string, int> SectionOffsets { get; } = new(StringComparer.Ordinal);

    /// <summary>Variables that another object's definition replaces, by section.</summary>
    public List<(VariableSpec Own, LinkDefinition Winner)> ReplacedVariables { get; } = [];
}
