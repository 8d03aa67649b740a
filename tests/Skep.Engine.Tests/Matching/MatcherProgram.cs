using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Engine.Matching;

namespace Skep.Engine.Tests.Matching;

/// <summary>
/// A program that runs one matcher's function on the text in the map <c>slots</c> and leaves the result in the map <c>results</c>, and behind it for
/// each number asked for whether the test of the result holds.
/// </summary>
static class MatcherProgram
{
    public const string Name = "run";
    public const string Slots = "slots";
    public const string Results = "results";
    public const int SlotSize = 37328;
    // The first words of the slot tell where the text lies and how long it is.
    public const int Header = 16;
    public const int TextOffset = 8656;
    public const int MaxTests = 64;

    public static ObjectSpec Build(TextMatcher matcher, IReadOnlyList<int> tests, string section = "tc") => Build(builder => matcher.AddTo(builder, "match"), matcher.Test, tests, section);

    public static ObjectSpec Build(Action<ObjectBuilder> add, Func<CodeBuilder, Value, int, Condition> test, IReadOnlyList<int> tests, string section = "tc")
    {
        var builder = new ObjectBuilder("matcher");
        builder.AddMap(new MapSpec { Name = Slots, Type = MapType.Array, KeySize = 4, ValueSize = SlotSize, MaxEntries = 1 });
        builder.AddMap(new MapSpec { Name = Results, Type = MapType.Array, KeySize = 4, ValueSize = 8 * (1 + MaxTests), MaxEntries = 1 });
        add(builder);
        builder.AddProgram(section, Name, code =>
        {
            using (code.Lookup(Slots, 0, out var slot))
            {
                var offset = code.Load(ScalarType.U64, slot, 0);
                var length = code.Load(ScalarType.U64, slot, 8);
                var result = code.Let(code.Call("match", [slot, offset, length]));
                using (code.Lookup(Results, 0, out var results))
                {
                    code.Store(ScalarType.U64, results, 0, result);
                    for (var i = 0; i < tests.Count && i < MaxTests; i++)
                    {
                        using (code.If(test(code, result, tests[i]))) code.Store(ScalarType.U64, results, 8 * (i + 1), 1);
                        using (code.Else()) code.Store(ScalarType.U64, results, 8 * (i + 1), 0);
                    }
                }
            }
        });
        return builder.Build();
    }

    public static void Place(Span<byte> slot, ReadOnlySpan<byte> text, int offset = TextOffset)
    {
        BitConverter.TryWriteBytes(slot, (long)offset);
        BitConverter.TryWriteBytes(slot[8..], (long)text.Length);
        text.CopyTo(slot[offset..]);
        // What follows a text in a record must not matter.
        slot.Slice(offset + text.Length, Math.Min(64, slot.Length - offset - text.Length)).Fill((byte)'a');
    }
}
