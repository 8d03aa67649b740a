using Skep.Falco.Fields;
using Skep.Falco.Output;

namespace Skep.Falco.Evaluation;

/// <summary>The fields that tell an event's time, out of <c>evt.rawtime</c>.</summary>
sealed class TimeOperand(FieldReference reference, Operand raw) : Operand(reference.Type)
{
    const long NanosecondsOfSecond = 1_000_000_000;

    public override FieldReference Field => reference;

    public static bool Makes(string name) => name is "evt.time" or "evt.time.s" or "evt.time.iso8601" or "evt.datetime" or "evt.datetime.s" or "evt.rawtime.s" or "evt.rawtime.ns";

    public static TimeOperand Of(FieldReference field)
    {
        FieldCatalogue.TryGet("evt.rawtime", out var raw);
        return new(field, new FieldOperand(new(raw!, raw!.Type, null)));
    }

    /// <summary>The time itself.</summary>
    public bool TryReadRaw(IFalcoEvent item, Scratch scratch, out long nanoseconds)
    {
        var isThere = raw.TryRead(item, scratch, 0, out var value);
        nanoseconds = value.Signed;
        return isThere;
    }

    public override bool TryRead(IFalcoEvent item, Scratch scratch, int position, out FieldValue value)
    {
        value = default;
        if (position > 0 || !TryReadRaw(item, scratch, out var time)) return false;
        switch (reference.Field.Name)
        {
            case "evt.rawtime.s":
                value = FieldValue.Of(time / NanosecondsOfSecond);
                return true;
            case "evt.rawtime.ns":
                value = FieldValue.Of(time % NanosecondsOfSecond);
                return true;
        }
        var text = scratch.Take(EventTime.LongestText);
        value = FieldValue.Of(text[..EventTime.Format(time, reference.Field.Name, text)]);
        return true;
    }
}
