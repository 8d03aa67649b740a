using Skep.Falco.Calls;
using Skep.Falco.Evaluation;
using Skep.Falco.Fields;

namespace Skep.Falco.Events;

/// <summary>Reads a field of an event; false when the event has none.</summary>
delegate bool FieldReader(FalcoEvent source, FieldReference field, int position, out FieldValue value);

/// <summary>How each field is read, and what must be captured for it.</summary>
static class FieldReaders
{
    static readonly FieldReader?[] s_readers = new FieldReader?[FieldCatalogue.All.Count];
    static readonly Action<CallValues, FieldReference>?[] s_needs = new Action<CallValues, FieldReference>?[FieldCatalogue.All.Count];

    static FieldReaders()
    {
        EventFields.Register();
        ProcessFields.Register();
        DescriptorFields.Register();
        ContainerFields.Register();
    }

    /// <summary>Whether a field can be read at all.</summary>
    public static bool Knows(FieldInfo field) => s_readers[field.Index] is not null;

    /// <summary>Captures what a field needs at a call.</summary>
    public static void Require(CallValues values, FieldReference field) => s_needs[field.Field.Index]?.Invoke(values, field);

    public static bool TryRead(FalcoEvent source, FieldReference field, int position, out FieldValue value)
    {
        value = default;
        return s_readers[field.Field.Index] is { } reader && reader(source, field, position, out value);
    }

    internal static void Add(string name, FieldReader reader, Action<CallValues, FieldReference>? needs = null)
    {
        if (!FieldCatalogue.TryGet(name, out var field)) throw new ArgumentException($"there is no field {name}", nameof(name));
        (s_readers[field.Index], s_needs[field.Index]) = (reader, needs);
    }

    /// <summary>A reader of one value.</summary>
    internal static FieldReader One(Single read) => (FalcoEvent source, FieldReference field, int position, out FieldValue value) =>
    {
        value = default;
        return position == 0 && read(source, field, out value);
    };

    /// <summary>Reads a field that has one value.</summary>
    internal delegate bool Single(FalcoEvent source, FieldReference field, out FieldValue value);
}
