using Skep.Engine.Digests;
using Skep.Tetragon.Policies.Model;
using Skep.Yaml;

namespace Skep.Tetragon.Policies;

sealed partial class PolicyReader
{
    static readonly string[] _places = ["symbols", "offsets", "addrs"];

    HookSpec ReadUprobe(Fields fields)
    {
        var given = _places.Where(fields.Has).ToArray();
        if (given.Length == 0) bag.Error(fields.At, "a uprobe: needs one of symbols, offsets and addrs");
        if (given.Length > 1) bag.Error(fields.Place(given[1]), $"{given[1]}: a uprobe has only one of symbols, offsets and addrs");
        var user = new UserSpec
        {
            Symbols = fields.Texts("symbols") ?? [],
            Offsets = fields.Numbers("offsets", 0, long.MaxValue) ?? [],
            Addresses = fields.Numbers("addrs", long.MinValue, long.MaxValue) ?? [],
            Counters = fields.Numbers("refCtrOffsets", 0, long.MaxValue) ?? [],
            Digests = ReadDigests(fields),
            DigestFailureIsIgnored = fields.Mapping("ignore", "ignore", f => new Flag(f.Flag("digestVerificationFailure")?.Value ?? false))?.Value ?? false,
            TypesFile = fields.Text("btfPath")?.Value ?? "",
        };
        var count = user.Symbols.Count + user.Offsets.Count + user.Addresses.Count;
        if (given.Length == 1 && count == 0) bag.Error(fields.Place(given[0]), $"{given[0]}: at least one is needed");
        if (user.Counters.Count > 0 && given.Length == 1 && user.Counters.Count != count) bag.Error(fields.Place("refCtrOffsets"), $"refCtrOffsets: {user.Counters.Count} of them for {count} {given[0]}");
        foreach (var symbol in user.Symbols.Where(s => s.Value.Length == 0)) bag.Error(symbol.At, "symbols: must not be empty");
        return new()
        {
            Section = HookSection.Uprobe,
            At = fields.At,
            Target = fields.RequiredText("path"),
            User = user,
            Return = fields.Flag("return"),
            Message = ReadMessage(fields),
            Tags = ReadTags(fields),
            Arguments = ReadArguments(fields, "args"),
            Data = ReadArguments(fields, "data"),
            ReturnArgument = fields.Mapping("returnArg", "returnArg", ReadArgument),
            Selectors = ReadSelectors(fields),
        };
    }

    HookSpec ReadUsdt(Fields fields) => new()
    {
        Section = HookSection.Usdt,
        At = fields.At,
        Target = fields.RequiredText("path"),
        User = new()
        {
            Provider = fields.RequiredText("provider")?.Value ?? "",
            Name = fields.RequiredText("name")?.Value ?? "",
            TypesFile = fields.Text("btfPath")?.Value ?? "",
        },
        Message = ReadMessage(fields),
        Tags = ReadTags(fields),
        Arguments = ReadArguments(fields, "args"),
        Selectors = ReadSelectors(fields),
    };

    IReadOnlyList<Located<string>> ReadDigests(Fields fields)
    {
        var digests = fields.Texts("binaryDigests") ?? [];
        foreach (var digest in digests)
        {
            var algorithm = FileDigest.AlgorithmOf(digest.Value);
            var digits = digest.Value.AsSpan(Math.Min(algorithm.Length + 1, digest.Value.Length));
            if (!FileDigest.Algorithms.TryGetValue(algorithm, out var bytes)) bag.Error(digest.At, $"binaryDigests: {Spelling.Quote(digest.Value)} is no digest as in sha256:HEX; there are {string.Join(", ", FileDigest.Algorithms.Keys)}");
            else if (digits.Length == 0 || !digits.Trim("0123456789abcdefABCDEF").IsEmpty || digits.Length % 2 != 0 || (bytes > 0 && digits.Length != bytes * 2))
                bag.Error(digest.At, $"binaryDigests: {algorithm} has {(bytes > 0 ? $"{bytes * 2}" : "an even number of")} hexadecimal digits");
        }
        return digests;
    }
}
