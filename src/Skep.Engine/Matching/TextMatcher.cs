using Skep.Bpf.Building;

namespace Skep.Engine.Matching;

/// <summary>
/// Decides a set of patterns about one text: in user space by <see cref="Run"/>, in the kernel by a function of the same result. A result is a word of 64 bits that
/// means something to the matcher alone; 0 when nothing matched.
/// </summary>
public abstract class TextMatcher
{
    /// <summary>Names of the parameters of the function: the address of the slot, where in it the text lies, bytes of the text.</summary>
    protected static readonly string[] Parameters = ["slot", "offset", "length"];

    /// <summary>The numbers that it decides, sorted. A number can be in several matchers of a plan: it matches when one says so.</summary>
    public abstract IReadOnlyList<int> Numbers { get; }

    /// <summary>Bytes of its maps.</summary>
    public abstract int TableBytes { get; }

    /// <summary>Runs over a text.</summary>
    public abstract ulong Run(ReadOnlySpan<byte> text);

    /// <summary>Whether a number is in a result.</summary>
    public abstract bool Matches(ulong result, int number);

    /// <summary>Sets the bits of the numbers in a result.</summary>
    public virtual void Collect(ulong result, Span<ulong> bits)
    {
        // Over the interface, an enumerator would be an object for each text.
        for (var i = 0; i < Numbers.Count; i++)
        {
            var number = Numbers[i];
            if (Matches(result, number)) bits[number >> 6] |= 1UL << number;
        }
    }

    /// <summary>
    /// Adds the maps and a static function <c>name(slot, offset, length)</c> that returns the result. <c>slot</c> is a map value of
    /// <see cref="TextMatcherOptions.SlotSize"/> bytes; the text begins at <c>offset</c>, at least 128 and at most the size less <see cref="TextMatcherOptions.MaxLength"/>.
    /// A text beyond that limit matches nothing; a longer one is cut.
    /// </summary>
    public abstract void AddTo(ObjectBuilder builder, string name);

    /// <summary>Whether a number is in the result that a value holds, after <see cref="AddTo"/>.</summary>
    public abstract Condition Test(CodeBuilder code, Value result, int number);

    // A test of the result's bit itself would teach the verifier that bit, on both branches: many tests of one result would multiply the paths.
    private protected static Condition BitTest(Value result, int bit) => ((result >> bit) & 1) != 0;
}
