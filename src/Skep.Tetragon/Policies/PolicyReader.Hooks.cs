using Skep.Tetragon.Policies.Model;
using Skep.Yaml;

namespace Skep.Tetragon.Policies;

sealed partial class PolicyReader
{
    const int ShortestMessage = 2;
    const int LongestMessage = 256;
    const int MostTags = 16;
    const int ShortestTag = 2;
    const int LongestTag = 128;

    HookSpec ReadFunction(Fields fields, HookSection section)
    {
        var hook = new HookSpec
        {
            Section = section,
            At = fields.At,
            Target = fields.RequiredText("call"),
            Syscall = fields.Flag("syscall"),
            Return = fields.Flag("return"),
            Message = ReadMessage(fields),
            Tags = ReadTags(fields),
            Arguments = ReadArguments(fields, "args"),
            Data = ReadArguments(fields, "data"),
            ReturnArgument = fields.Mapping("returnArg", "returnArg", ReadArgument),
            ReturnArgumentAction = fields.Word("returnArgAction", Vocabulary.ReturnArgumentActions),
            Selectors = ReadSelectors(fields),
            CallMayBeMissing = fields.Mapping("ignore", "ignore", f => new Flag(f.Flag("callNotFound")?.Value ?? false))?.Value ?? false,
        };
        if (hook.Return is { Value: true } && hook.ReturnArgument is null && !fields.Has("returnArg")) bag.Error(fields.Place("return"), "return: true needs a returnArg");
        return hook;
    }

    sealed record Flag(bool Value);

    HookSpec ReadTracepoint(Fields fields) => new()
    {
        Section = HookSection.Tracepoint,
        At = fields.At,
        Subsystem = fields.RequiredText("subsystem")?.Value ?? "",
        Target = fields.RequiredText("event"),
        Raw = fields.Flag("raw"),
        Message = ReadMessage(fields),
        Tags = ReadTags(fields),
        Arguments = ReadArguments(fields, "args"),
        Selectors = ReadSelectors(fields),
    };

    HookSpec ReadLsmHook(Fields fields) => new()
    {
        Section = HookSection.Lsm,
        At = fields.At,
        Target = fields.RequiredText("hook"),
        Message = ReadMessage(fields),
        Tags = ReadTags(fields),
        Arguments = ReadArguments(fields, "args"),
        Selectors = ReadSelectors(fields),
    };

    /// <summary>Executions and exits: what can be asked of them has names.</summary>
    HookSpec ReadProcessHook(Fields fields, HookSection section) => new()
    {
        Section = section,
        At = fields.At,
        Message = ReadMessage(fields),
        Tags = ReadTags(fields),
        Arguments = fields.Mappings("args", "an entry of args", f => ReadNamedArgument(f, section)) ?? [],
        Selectors = ReadSelectors(fields),
    };

    static ArgumentSpec ReadNamedArgument(Fields fields, HookSection section)
    {
        fields.Require("name");
        var name = fields.Word("name", [.. Vocabulary.ProcessValues(section).Keys]);
        return new() { At = fields.At, Name = name ?? new("", fields.At), Label = fields.Text("label")?.Value ?? "" };
    }

    Located<string>? ReadMessage(Fields fields)
    {
        var message = fields.Text("message");
        if (message is not { } text || text.Value.Length == 0) return null;
        if (text.Value.Length < ShortestMessage)
        {
            bag.Warning(text.At, $"message: shorter than {ShortestMessage} characters, left out");
            return null;
        }
        if (text.Value.Length <= LongestMessage) return text;
        bag.Warning(text.At, $"message: longer than {LongestMessage} characters, cut");
        var end = char.IsHighSurrogate(text.Value[LongestMessage - 1]) ? LongestMessage - 1 : LongestMessage;
        return new(text.Value[..end], text.At);
    }

    IReadOnlyList<Located<string>> ReadTags(Fields fields)
    {
        var tags = fields.Texts("tags") ?? [];
        if (tags.Count > MostTags) bag.Error(fields.Place("tags"), $"tags: {tags.Count} of them, at most {MostTags} are allowed");
        foreach (var tag in tags)
        {
            if (tag.Value.Length is < ShortestTag or > LongestTag) bag.Error(tag.At, $"tags: {Spelling.Quote(tag.Value)} is not of {ShortestTag} to {LongestTag} characters");
        }
        return tags;
    }

    static IReadOnlyList<ArgumentSpec> ReadArguments(Fields fields, string name) =>
        fields.Mappings(name, $"an entry of {name}", ReadArgument) ?? [];

    static ArgumentSpec ReadArgument(Fields fields)
    {
        fields.Require("index");
        return new()
        {
            At = fields.At,
            Index = fields.Number("index", 0, int.MaxValue) ?? new(0, fields.At),
            Type = fields.Word("type", Vocabulary.Types) ?? (fields.Has("type") ? new("", fields.At) : null),
            Resolve = fields.Text("resolve") is { Value.Length: > 0 } resolve ? resolve : null,
            SizeIndex = fields.Number("sizeArgIndex", 0, int.MaxValue),
            ReturnCopy = fields.Flag("returnCopy")?.Value ?? false,
            MaxData = fields.Flag("maxData"),
            Label = fields.Text("label")?.Value ?? "",
            Source = fields.Has("source") && fields.Text("source") is { Value: "" } ? null : fields.Word("source", Vocabulary.Sources),
            StartType = fields.Text("btfType")?.Value ?? "",
            StartTypeModule = fields.Text("btfTypeModule")?.Value ?? "",
        };
    }
}
