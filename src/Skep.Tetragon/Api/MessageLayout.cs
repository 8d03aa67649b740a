using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Google.Protobuf.Reflection;

namespace Skep.Tetragon.Api;

/// <summary>Fields of a message by the names that its JSON gives them, and by their tags on the wire.</summary>
sealed class MessageLayout
{
    const uint FewTags = 512;

    static readonly Utf8Comparer s_comparer = new();

    FrozenDictionary<byte[], FieldLayout>.AlternateLookup<ReadOnlySpan<byte>> _fields;

    FrozenDictionary<uint, FieldLayout> _tags = FrozenDictionary<uint, FieldLayout>.Empty;
    FieldLayout?[] _first = [];

    MessageLayout()
    {
    }

    /// <summary>Reads a message's descriptor, and those of the messages in it.</summary>
    public static MessageLayout Of(MessageDescriptor descriptor) => Of(descriptor, new Dictionary<string, MessageLayout>(StringComparer.Ordinal));

    public bool TryGet(ReadOnlySpan<byte> name, [NotNullWhen(true)] out FieldLayout? field) => _fields.TryGetValue(name, out field);

    public bool TryGet(uint tag, [NotNullWhen(true)] out FieldLayout? field)
    {
        if (tag < (uint)_first.Length) return (field = _first[tag]) is not null;
        return _tags.TryGetValue(tag, out field);
    }

    static MessageLayout Of(MessageDescriptor descriptor, Dictionary<string, MessageLayout> known)
    {
        if (known.TryGetValue(descriptor.FullName, out var layout)) return layout;
        // Before its fields: a message may hold itself.
        known[descriptor.FullName] = layout = new MessageLayout();
        var fields = descriptor.Fields.InDeclarationOrder().Select(field => (field.Name, Layout: FieldLayout.Of(field, message => Of(message, known)))).ToList();
        layout._fields = fields.ToFrozenDictionary(field => System.Text.Encoding.UTF8.GetBytes(field.Name), field => field.Layout, s_comparer).GetAlternateLookup<ReadOnlySpan<byte>>();
        layout._tags = fields.ToFrozenDictionary(field => field.Layout.Tag, field => field.Layout);
        var few = fields.Select(field => field.Layout).Where(field => field.Tag < FewTags).ToList();
        layout._first = new FieldLayout?[few.Count == 0 ? 0 : few.Max(field => field.Tag) + 1];
        foreach (var field in few) layout._first[field.Tag] = field;
        return layout;
    }
}
