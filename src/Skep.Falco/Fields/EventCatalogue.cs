using System.Collections.Frozen;
using System.Runtime.InteropServices;
using Skep.Engine.Hooks;

namespace Skep.Falco.Fields;

/// <summary>The events of the source <c>syscall</c>: those with parameters of their own, and every other system call that an architecture knows.</summary>
public static class EventCatalogue
{
    static readonly FrozenDictionary<string, EventInfo> s_byName;
    static readonly FrozenDictionary<string, FieldType> s_parameters;

    static EventCatalogue()
    {
        var events = new List<EventInfo>();
        var parameters = new Dictionary<string, FieldType>(StringComparer.Ordinal);
        foreach (var line in EmbeddedTable.Lines("events.txt")) events.Add(Parse(events.Count, line));
        foreach (var parameter in events.SelectMany(e => e.Parameters)) parameters.TryAdd(parameter.Name, parameter.Type);
        var known = events.Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var architecture in (ReadOnlySpan<Architecture>)[Architecture.X64, Architecture.Arm64, Architecture.X86])
        {
            foreach (var name in SyscallTable.NamesOf(architecture))
            {
                if (known.Add(name)) events.Add(new(events.Count, name, "other", EventTraits.Syscall | EventTraits.Generic, []));
            }
        }
        All = events;
        s_byName = events.ToFrozenDictionary(e => e.Name, StringComparer.Ordinal);
        s_parameters = parameters.ToFrozenDictionary(StringComparer.Ordinal);
        Everything = new(events.Count, full: true);
        Syscalls = new(events.Count, full: false);
        foreach (var item in events)
        {
            if ((item.Traits & EventTraits.Syscall) != 0) Syscalls.Add(item.Index);
        }
    }

    /// <summary>All events, by their index.</summary>
    public static IReadOnlyList<EventInfo> All { get; }

    internal static EventTypeSet Everything { get; }

    internal static EventTypeSet Syscalls { get; }

    /// <summary>Finds an event by its name.</summary>
    public static bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out EventInfo? found) => s_byName.TryGetValue(name, out found);

    /// <summary>Whether some event has a parameter of that name.</summary>
    public static bool HasParameter(string name) => s_parameters.ContainsKey(name);

    /// <summary>The type of a parameter, by the first event that has it.</summary>
    internal static FieldType TypeOfParameter(string name) => s_parameters[name];

    static EventInfo Parse(int index, string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var traits = EventTraits.None;
        foreach (var word in words[2].Trim('[', ']').Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            traits |= word switch
            {
                "syscall" => EventTraits.Syscall,
                "read" => EventTraits.Reads,
                "write" => EventTraits.Writes,
                "wait" => EventTraits.Waits,
                "meta" => EventTraits.Meta,
                _ => throw new FormatException(line),
            };
        }
        var parameters = words.Skip(3).Select(w => w.Split(':')).Select(p => new EventParameter(p[0], EmbeddedTable.TypeOf(p[1])));
        return new(index, words[0], words[1], traits, [.. parameters]);
    }
}
