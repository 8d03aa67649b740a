namespace Skep.Bpf.Instructions;

/// <summary>The condition of a jump; the values are those of the opcode's high four bits (RFC 9669 §4.3).</summary>
public enum Comparison : byte
{
    /// <summary>left == right.</summary>
    Equal = OpCode.JumpEqual,
    /// <summary>left != right.</summary>
    NotEqual = OpCode.JumpNotEqual,
    /// <summary>left &gt; right, unsigned.</summary>
    Greater = OpCode.JumpGreater,
    /// <summary>left &gt;= right, unsigned.</summary>
    GreaterOrEqual = OpCode.JumpGreaterOrEqual,
    /// <summary>left &lt; right, unsigned. Requires at least Linux 4.14.</summary>
    Less = OpCode.JumpLess,
    /// <summary>left &lt;= right, unsigned. Requires at least Linux 4.14.</summary>
    LessOrEqual = OpCode.JumpLessOrEqual,
    /// <summary>left &gt; right, signed.</summary>
    SignedGreater = OpCode.JumpSignedGreater,
    /// <summary>left &gt;= right, signed.</summary>
    SignedGreaterOrEqual = OpCode.JumpSignedGreaterOrEqual,
    /// <summary>left &lt; right, signed. Requires at least Linux 4.14.</summary>
    SignedLess = OpCode.JumpSignedLess,
    /// <summary>left &lt;= right, signed. Requires at least Linux 4.14.</summary>
    SignedLessOrEqual = OpCode.JumpSignedLessOrEqual,
    /// <summary>(left &amp; right) != 0.</summary>
    AnyBitSet = OpCode.JumpSet,
}
