using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Google.Protobuf.Reflection;

namespace Skep.Tetragon.Api;

/// <summary>Fields of a message by the names that its JSON gives them.</summary>
sealed class MessageLayout
{
    static readonly Utf8Comparer s_comparer = new();

    FrozenDictionary<byte[], FieldLayout>.AlternateLookup<ReadOnlySpan<byte>> _fields;

    MessageLayout()
    {
    }

    /// <summary>Reads a message's descriptor, and those of the messages in it.</summary>
    public static MessageLayout Of(MessageDescriptor descriptor) => Of(descriptor, new Dictionary<string, MessageLayout>(StringComparer.Ordinal));

    public bool TryGet(ReadOnlySpan<byte> name, [NotNullWhen(true)] out FieldLayout? field) => _fields.TryGetValue(name, out field);

    static MessageLayout Of(MessageDescriptor descriptor, Dictionary<string, MessageLayout> known)
    {
        if (known.TryGetValue(descriptor.FullName, out var layout)) return layout;
        // Before its fields: a message may hold itself.
        known[descriptor.FullName] = layout = new MessageLayout();
        layout._fields = descriptor.Fields.InDeclarationOrder()
            .ToFrozenDictionary(field => System.Text.Encoding.UTF8.GetBytes(field.Name), field => FieldLayout.Of(field, message => Of(message, known)), s_comparer)
            .GetAlternateLookup<ReadOnlySpan<byte>>();
        return layout;
    }
}
