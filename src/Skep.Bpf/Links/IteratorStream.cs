using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>One pass of an iterator: forward only; each read may run the program many times.</summary>
sealed class IteratorStream(FileDescriptor fd) : Stream
{
    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        while (true)
        {
            try
            {
                return buffer.IsEmpty ? 0 : Libc.Read(fd, buffer);
            }
            catch (BpfSyscallException error) when (error.ErrorNumber == Errno.EAGAIN)
            {
                // The kernel gives way after a million objects without output (kernel/bpf/bpf_iter.c: MAX_ITER_OBJECTS) and wants to be asked again.
            }
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) fd.Dispose();
        base.Dispose(disposing);
    }
}
