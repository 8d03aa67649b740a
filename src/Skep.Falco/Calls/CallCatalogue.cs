using System.Collections.Frozen;
using Skep.Falco.Fields;

namespace Skep.Falco.Calls;

/// <summary>The system calls whose arguments are known.</summary>
static class CallCatalogue
{
    static readonly FrozenDictionary<int, CallInfo> s_byEvent = EmbeddedTable.Lines("calls.txt").Select(Parse).ToFrozenDictionary(call => call.Event.Index);

    /// <summary>All of them.</summary>
    public static IEnumerable<CallInfo> All => s_byEvent.Values;

    /// <summary>Whether the arguments of a kind of event are known.</summary>
    public static bool IsKnown(EventInfo kind) => s_byEvent.ContainsKey(kind.Index);

    /// <summary>The call of a kind of event; one whose arguments are not known has none. Null for what is no system call.</summary>
    public static CallInfo? Find(EventInfo kind) =>
        s_byEvent.TryGetValue(kind.Index, out var call) ? call : (kind.Traits & EventTraits.Syscall) == 0 ? null : new CallInfo(kind, ReturnsDescriptor: false, [], null);

    static CallInfo Parse(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (!EventCatalogue.TryGet(words[0], out var kind)) throw new FormatException(line);
        var arguments = new List<CallArgument>();
        CallArgument? descriptor = null;
        for (var i = 2; i < words.Length; i++)
        {
            if (words[i] == "-") continue;
            var parts = words[i].TrimStart('*').Split(':');
            var names = NumberNames.Find(parts[1]);
            var argument = new CallArgument(parts[0], i - 2, names is null ? KindOf(parts[1]) : CallKind.Named, names);
            arguments.Add(argument);
            if (words[i][0] == '*') descriptor = argument;
        }
        return new(kind, words[1] == "fd", arguments, descriptor);
    }

    static CallKind KindOf(string word) => word switch
    {
        "i32" => CallKind.Int32,
        "u8" => CallKind.UInt8,
        "u32" => CallKind.UInt32,
        "u64" => CallKind.UInt64,
        "mode" => CallKind.Mode,
        "uid" => CallKind.User,
        "gid" => CallKind.Group,
        "fd" => CallKind.Descriptor,
        "dir" => CallKind.Directory,
        "path" => CallKind.Path,
        "text" => CallKind.Text,
        "addr" => CallKind.Address,
        "how" => CallKind.OpenHow,
        _ => throw new FormatException(word),
    };
}
