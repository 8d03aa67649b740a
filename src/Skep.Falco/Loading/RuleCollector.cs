namespace Skep.Falco.Loading;

/// <summary>What all files read so far define.</summary>
sealed class RuleCollector
{
    public const string SyscallSource = "syscall";

    int _index;

    public Dictionary<string, ListInfo> Lists { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, MacroInfo> Macros { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, RuleInfo> Rules { get; } = new(StringComparer.Ordinal);

    public List<PluginRequirement> Plugins { get; } = [];

    /// <summary>The place of the next item; a name keeps the place of its first definition.</summary>
    public int NextIndex() => _index++;
}
