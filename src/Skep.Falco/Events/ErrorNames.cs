using System.Globalization;
using System.Text;

namespace Skep.Falco.Events;

/// <summary>What <c>evt.res</c> says of a result.</summary>
static class ErrorNames
{
    const int Most = 4095; // include/linux/err.h: MAX_ERRNO

    /// <summary>Names by number from 1 (include/uapi/asm-generic/errno.h), and what only the kernel itself uses (include/linux/errno.h).</summary>
    const string Names = """
        EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY
        EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP - ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT
        EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT - EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ
        EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT
        EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT
        ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY EKEYEXPIRED EKEYREVOKED
        EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON
        """;

    static readonly byte[]?[] s_names = new byte[]?[Most + 1];

    static ErrorNames()
    {
        var number = 0;
        foreach (var name in Names.Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)) s_names[++number] = name == "-" ? null : Encoding.ASCII.GetBytes(name);
        foreach (var (internalNumber, name) in (ReadOnlySpan<(int, string)>)[(512, "ERESTARTSYS"), (513, "ERESTARTNOINTR"), (514, "ERESTARTNOHAND"), (515, "ENOIOCTLCMD"), (516, "ERESTART_RESTARTBLOCK"), (524, "ENOTSUPP")])
        {
            s_names[internalNumber] = Encoding.ASCII.GetBytes(name);
        }
    }

    public static ReadOnlySpan<byte> Of(long result)
    {
        if (result is >= 0 or < -Most) return "SUCCESS"u8;
        return s_names[-result] ??= Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"E{-result}"));
    }
}
