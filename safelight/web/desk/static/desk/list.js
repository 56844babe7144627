// A list that is being brought in: look again every two seconds. Without script there is a link.
setTimeout(() => location.reload(), 2000);
